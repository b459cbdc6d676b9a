"""Every table of Vitrine, named once: importing this module fills the metadata for migrations and tests."""

from booking.journal import Entry
from booking.links import Link
from booking.mailbox import DemoMail
from booking.messages import Message
from booking.reconciliation import Report
from booking.reservations.tables import Line, Reservation
from booking.submissions import Submission
from booking.tasks import Task
from stores.catalogue import Category, Picture, Product, Variant
from stores.places import Store, StoreException, Town
from stores.staff import Account, AccountStore, ApiKey, PasswordReset, RecoveryCode, StaffSession
from stores.stock import StockMovement, StoreStock

ALL = (
    Store,
    StoreException,
    Town,
    Category,
    Product,
    Variant,
    Picture,
    StoreStock,
    StockMovement,
    Account,
    AccountStore,
    StaffSession,
    RecoveryCode,
    PasswordReset,
    ApiKey,
    Reservation,
    Line,
    Message,
    DemoMail,
    Task,
    Link,
    Submission,
    Entry,
    Report,
)
