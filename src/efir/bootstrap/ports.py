"""The composition root: settings in, every port wired, everything closed on the way out."""



SECRET_LEAST = 32
