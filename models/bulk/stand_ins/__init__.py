from .activity import Activity
from .event import Attendee, Event
from .lead import Lead
from .message import Message
from .partner import Partner

STAND_INS = {
    stand_in.model: stand_in
    for stand_in in (Activity(), Attendee(), Event(), Lead(), Message(), Partner())
}
