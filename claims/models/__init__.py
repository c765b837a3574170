from .adjudication import Settlement
from .changes import Act, Change, last_act, snapshot, undo
from .claims import Claim, Origin, Stretch
from .comments import Comment, Notice
from .documents import Actor, Document, Exclusion, Redaction
from .dossiers import Dossier, DossierActor, DossierDocument, Side, SignOff
from .evidence import Assessment, Citation, FigureComparison
from .guidelines import Guideline
from .labels import Facet, Label, Vocabulary
from .layers import Assignment, Layer, Postponement, Visit
from .links import Link, NoResponse
from .people import (
    ApiToken,
    Invitation,
    Membership,
    Project,
    Role,
    SignInLink,
    StoredRequest,
    User,
)
from .releases import Release
from .runs import Run, RunItem
from .search import SearchEntry
from .suggestions import Decision, FigureReading, Mention, Modifier, Quantity, Suggestion
from .webhooks import Delivery, Webhook
