"""The errors of broken constraints and the queries of the data export, joined from all areas."""

from efir.adapters.postgres.access import group as access
from efir.adapters.postgres.accounts import group as accounts
from efir.adapters.postgres.audio import group as audio
from efir.adapters.postgres.auth import group as auth
from efir.adapters.postgres.channels import group as channels
from efir.adapters.postgres.kernel.constraints import Broken
from efir.adapters.postgres.mail import group as mail
from efir.adapters.postgres.pictures import group as pictures
from efir.adapters.postgres.uploads import group as uploads
from efir.adapters.postgres.users import group as users
from efir.adapters.postgres.videos import group as videos

BROKEN: Broken = {
    **access.BROKEN,
    **accounts.BROKEN,
    **audio.BROKEN,
    **auth.BROKEN,
    **channels.BROKEN,
    **mail.BROKEN,
    **pictures.BROKEN,
    **uploads.BROKEN,
    **users.BROKEN,
    **videos.BROKEN,
}
EXPORTED = {
    **users.EXPORTED,
    **accounts.EXPORTED,
    **auth.EXPORTED,
    **pictures.EXPORTED,
    **access.EXPORTED,
    **channels.EXPORTED,
    **videos.EXPORTED,
    **uploads.EXPORTED,
    **audio.EXPORTED,
    **mail.EXPORTED,
}
