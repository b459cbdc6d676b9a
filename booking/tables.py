"""Every table of Vitrine, named once: importing this module fills the metadata for migrations and tests."""

from booking.appointments.tables import Appointment, Check, Item, Note
from booking.blocks import Block, SlotHold
from booking.feeds import Feed
from booking.journal import Entry
from booking.links import Link
from booking.mailbox import DemoMail
from booking.messages import Message
from booking.reconciliation import Report
from booking.reservations.tables import Line, Reservation
from booking.selections import Selection, SelectionItem
from booking.submissions import Submission
from booking.tasks import Task
from stores.advisors import Advisor, AdvisorSkill, Skill
from stores.attributes import Attribute
from stores.catalogue import Category, Picture, Product, Variant
from stores.collections import Collection, CollectionItem
from stores.deliveries import Delivery
from stores.drafts import Draft
from stores.exchange.batches import Batch, BatchPart, BatchRow
from stores.media import Medium
from stores.pairings import Pairing
from stores.places import Store, StoreException, Town
from stores.prices import PriceChange
from stores.resources import Resource
from stores.schedules import Shift, ShiftPattern, TimeOff
from stores.search.spelling import SearchWord
from stores.services import Service, ServiceSkill, ServiceStore
from stores.slugs import OldSlug
from stores.spaces import Space
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
    Pairing,
    Resource,
    Skill,
    Advisor,
    AdvisorSkill,
    Space,
    ShiftPattern,
    Shift,
    TimeOff,
    Service,
    ServiceSkill,
    ServiceStore,
    Reservation,
    Line,
    Block,
    SlotHold,
    Appointment,
    Item,
    Check,
    Note,
    Feed,
    Selection,
    SelectionItem,
    Message,
    DemoMail,
    Task,
    Link,
    Submission,
    Entry,
    Report,
    Attribute,
    Medium,
    Collection,
    CollectionItem,
    OldSlug,
    PriceChange,
    Batch,
    BatchPart,
    BatchRow,
    Delivery,
    Draft,
    SearchWord,
)
