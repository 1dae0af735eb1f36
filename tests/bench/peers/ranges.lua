-- wrk's part of bench.ranges: a range at a random place of the file with each request; in the end the bytes and seconds.
-- Arguments: bytes of a range (0: the whole file), bytes of the file.
local length, size

function init(arguments)
  length, size = tonumber(arguments[1]), tonumber(arguments[2])
  math.randomseed(1)
end

function request()
  if length == 0 then
    return wrk.format()
  end
  local first = math.random(0, size - length)
  return wrk.format("GET", nil, { ["Range"] = string.format("bytes=%d-%d", first, first + length - 1) })
end

function done(summary)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("\nsummary %d %d %d\n", summary.bytes, summary.duration, failed))
end
