"""What others may want to know of appointments. Handlers run in the transaction that emits."""

from dataclasses import dataclass

from .appointment import Appointment


@dataclass(frozen=True, slots=True)
class AppointmentBooked:
    appointment: Appointment


@dataclass(frozen=True, slots=True)
class AppointmentCancelled:
    appointment: Appointment


@dataclass(frozen=True, slots=True)
class AppointmentRescheduled:
    old: Appointment
    new: Appointment
