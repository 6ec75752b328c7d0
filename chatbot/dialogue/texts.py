"""Sentences of the assistant, in English; their translations are in the catalogues."""

from __future__ import annotations

from collections.abc import Mapping

from ...core.i18n.catalogues import N_

# Beginning
HELLO = N_("Hello. I can book you an appointment or tell you where to go. What do you need?")
HELLO_AGAIN = N_("What do you need?")
START_OVER = N_("Let's start again. What do you need?")
SWITCHED = N_("We will carry on in English.")
HELP = N_(
    "I can book, change or cancel an appointment. I can also tell you waiting times and opening hours. Press a"
    " button, or tell me in your own words."
)
BOOK_ONE = N_("Book an appointment")
WAY_FAST = N_("The quickest way")
MY_APPOINTMENT = N_("Change or cancel my appointment")
CALL_NUMBER = N_("Call %(phone)s")
SEE_WAITS = N_("Waiting times now")
SEE_HOURS = N_("Opening hours")

# Service
ASK_SERVICE = N_("What do you need an appointment for?")
ASK_FASTEST = N_("What do you need to do? I will tell you the quickest way.")
ASK_WHICH_SERVICE = N_("Which of these do you mean?")
ASK_IF_MEANT = N_("Do you mean this?")
UNKNOWN_SERVICE = N_("I cannot find that service. These are the ones we have.")
NOT_DONE_HERE = N_("I cannot find that at these offices. It is probably not done here.")
DONE_HERE = N_("These are the services that we have.")
SEE_SERVICES = N_("See what we do")
ONE_AT_A_TIME = N_("One at a time. Which one first? Then we'll do the rest.")
ONE_UNKNOWN = N_(
    "Of what you asked for, I only find this here. The rest is not done here, or I did not understand it. Is this"
    " what you need?"
)
IN_ONE_VISIT = N_("In one visit: %(service)s.")
COMES_LATER = N_("Let's finish this one first. Then we'll go on to %(service)s.")
ASK_NEXT = N_("Not booked yet: %(service)s. Shall we carry on?")
NOT_BOOKED = N_("Not booked: %(service)s.")
GO_ON_WITH = N_("Continue with %(service)s")
NOTHING_ELSE = N_("No, that is all")
OTHER_THING = N_("None of these")
SERVICE_NAME = N_("%(service)s")

# Did you mean
ASK_MEANING = N_("Do you mean…?")
CHANGE_APPOINTMENT = N_("Change an appointment")
CANCEL_APPOINTMENT = N_("Cancel an appointment")
FIND_APPOINTMENT = N_("Find my appointment")
FIND_EARLIER = N_("Ask for an earlier time")
KNOW_BRING = N_("Know what to bring")
KNOW_PRICE = N_("Know what it costs")
KNOW_DURATION = N_("Know how long it takes")
KNOW_WHERE = N_("Know where the offices are")
KNOW_SERVICES = N_("See what can be done here")
KNOW_PARKING = N_("Know where to park")
KNOW_ACCESS = N_("Know about steps and access")
KNOW_TRANSPORT = N_("Know how to get there")
KNOW_HOLIDAYS = N_("Know which days you are closed")
KNOW_MODES = N_("Know how I can be seen")
TALK_TO_PERSON = N_("Talk to a person")

# Mode and office
ASK_MODE = N_("How would you like to be seen?")
NOT_BY_MODE = N_("We cannot do it that way. We can see you %(mode)s.")
PHONE_SERVICES = N_("We do these by telephone: an adviser will call you at your time.")
YES_BY_PHONE = N_("Yes, we do this by telephone: an adviser will call you at your time.")
NO_PHONE_MODE = N_("We do not offer appointments by telephone.")
ASK_OFFICE = N_("At which office?")
ASK_OFFICE_PHONE = N_("Which office should call you? For a telephone call, any of them will do.")
ASK_OFFICE_VIDEO = N_("Which office would you like? For a video call, any of them will do.")
WRITE_PLACE = N_("Choose one, or write a town or a street.")
NO_OFFICE_THERE = N_("I find no office there.")
NOT_AT_OFFICE = N_("%(office)s does not do this.")
FIRST_TIMES_OF_OFFICES = N_("These are the first times. You can also write an office, a day and a time.")
ANY_OFFICE = N_("The one with the earliest time")
ANY_OFFICE_VIDEO = N_("Any office")
PLACE_NAME = N_("%(office)s")
FROM_TIME = N_("from %(when)s")

# Day and hour
ASK_DAY = N_("Which day suits you?")
ASK_WHICH_DAY = N_("Which day do you mean?")
ASK_TIME = N_("These times are available on %(day)s.")
ASK_DAYS = N_("These days have times available.")
WRITE_DAY = N_("Choose a time, or write a day and a time.")
ASK_HALF_OF_DAY = N_("Do you mean %(first)s or %(second)s?")
DAY_PAST = N_("That day has passed.")
DAY_IMPOSSIBLE = N_("There is no such day in the calendar.")
TIME_IMPOSSIBLE = N_("I do not understand that time.")
TOO_FAR = N_("I have times until %(day)s.")
NONE_AT_THAT_TIME = N_("No times are available then. These are the nearest.")
NOTHING_FREE_THEN = N_("nothing available then")
NONE_AS_WANTED = N_("No times like that are available. These are the nearest.")
NEAREST_TIMES = N_("These are the nearest times.")
CLOSED_THEN = N_("We do not open on %(day)s.")
INTERPRETER_NOTICE = N_("We need %(hours)s hours to ask for an interpreter.")
INTERPRETER_FROM = N_("We need %(hours)s hours to ask for an interpreter. The first possible time is %(when)s.")
NONE_AT_ALL = N_("No times are available here in the next few weeks.")
TIME_GONE = N_("That time is no longer free.")
TIME_TOO_LATE = N_("It is too late to book that time. These are the nearest.")
TIME_TAKEN = N_("That time has just been taken. These are the nearest.")
SOONEST = N_("The first available time")
OTHER_DAY = N_("Another day")
OTHER_TIME = N_("Another day or time")
OTHER_OFFICE = N_("Another office")
WHEN_DAY = N_("%(day)s")
WHEN_TIME = N_("%(time)s")
CHOSEN = N_("%(when)s.")
HELD_UNTIL = N_("I am keeping that time for you until %(time)s.")

DAYS_TO = N_("From %(first)s to %(last)s")
DAY_AT = N_("%(day)s, at %(time)s")
DAY_AND = N_("%(day)s, %(more)s")
OR = N_(" or ")
FROM_DAY_TO = N_("from %(first)s to %(last)s")
FROM_DAY_ON = N_("from %(first)s on")

# Wanted hours
BETWEEN_HOURS = N_("between %(first)s and %(last)s")
AFTER_HOUR = N_("at %(first)s or later")
BEFORE_HOUR = N_("before %(last)s")
PARTS_OF_DAY: dict[str, str] = {
    "first_thing": N_("first thing in the morning"),
    "morning": N_("in the morning"),
    "mid_morning": N_("mid-morning"),
    "late_morning": N_("late in the morning"),
    "midday": N_("at midday"),
    "early_afternoon": N_("early in the afternoon"),
    "afternoon": N_("in the afternoon"),
    "mid_afternoon": N_("mid-afternoon"),
    "late_afternoon": N_("late in the afternoon"),
    "last_thing": N_("at the end of the day"),
    "evening": N_("in the evening"),
}

# Details
ASK_NAME = N_("What is your full name?")
ASK_NAME_AND_EMAIL = N_("What is your full name, and which e-mail should we send the confirmation to?")
ASK_EMAIL = N_("Which e-mail should we send the confirmation to?")
ASK_PHONE_TO_CALL = N_("Which number should we call you on?")
ASK_PHONE = N_("Do you want to leave a telephone number? It is optional.")
NO_PHONE = N_("No telephone number")
HOW_DATA = N_("How we use your data")
WHY_DATA = N_("We need your name to call you and your e-mail to send you the confirmation. Nothing else.")
NEED_DATA = N_("I cannot book without these details. You can come without an appointment, or call us.")
NO_EMAIL = N_("To book here we need an e-mail. It can be that of a person you trust.")
BOOK_AT_ENTRANCE = N_("Without e-mail, they also book for you at the entrance of %(office)s, %(address)s.")
NOT_EMAIL = N_("That e-mail is not complete. Enter it like this: name@example.org")

# Confirmation
UNDERSTOOD = N_("I understood: %(facts)s.")
ASK_CONFIRM = N_("Is this right? If you book, you agree that we use your data for this appointment.")
ASK_EMAIL_TYPO = N_("Is your e-mail %(email)s? We will send the confirmation there.")
CORRECT_EMAIL = N_("Yes, it is %(email)s")
EMAIL_AS_TYPED = N_("No, it is right as I wrote it")
SUMMARY = N_("%(service)s, %(when)s.")
ROW_SERVICE = N_("Service")
ROW_WHEN = N_("When")
ROW_MODE = N_("How")
ROW_OFFICE = N_("Office")
ROW_NEEDS = N_("What you need")
ROW_NAME = N_("Name")
ROW_EMAIL = N_("E-mail")
ROW_PHONE = N_("Telephone")
ROW_LATER = N_("To book afterwards")
SUMMARY_OFFICE = N_("At %(office)s, %(address)s.")
SUMMARY_PHONE = N_("By telephone with %(office)s: we will call you on %(phone)s.")
SUMMARY_VIDEO = N_("By video call with %(office)s.")
SUMMARY_PERSON = N_("For %(name)s, %(email)s.")
SUMMARY_PERSON_PHONE = N_("For %(name)s, %(email)s, %(telephone)s.")
SUMMARY_NEEDS = N_("You need: %(needs)s.")
SUMMARY_LATER = N_("To book afterwards: %(service)s.")
YES_BOOK = N_("Yes, I agree: book it")
ASK_CHANGE = N_("What do you want to change?")
CHANGE_SERVICE = N_("Change the service")
CHANGE_MODE = N_("Change how you will be seen")
CHANGE_OFFICE = N_("Change the office")
CHANGE_DAY = N_("Change the day or the time")
CHANGE_NAME = N_("Change the name")
CHANGE_EMAIL = N_("Change the e-mail")
CHANGE_PHONE = N_("Change the telephone")
ADD_PHONE = N_("Add a telephone number")
CHANGE_NEEDS = N_("Change what I need")
ADD_NEEDS = N_("I need something: interpreter, wheelchair…")
BOOKED = N_("Done. Your appointment is booked. Your booking reference is %(locator)s.")
BOOKED_VERIFY = N_(
    "We are keeping your place. Open the e-mail we have just sent you and confirm it there."
    " Your booking reference is %(locator)s."
)
CONFIRMATION_SENT = N_("We have sent you the confirmation by e-mail.")
SEE_APPOINTMENT = N_("See my appointment")
BRING = N_("Bring: %(things)s.")
AT_HAND = N_("Have ready: %(things)s.")
AT_HAND_FOR = N_("For %(service)s, have ready: %(things)s.")
REASON = N_("%(reason)s")

# An existing appointment
ASK_LOCATOR = N_("Enter your booking reference. It is in your e-mail and looks like this: 7KQM 2X9T.")
ASK_CONTACT = N_("And the e-mail or telephone number you gave?")
LOCATOR_READ = N_("Booking reference %(locator)s.")
NOT_FOUND = N_("I cannot find an appointment with these details. Check both.")
GUESS_LATER = N_("Too many attempts. Try again in %(minutes)s minutes, or call us.")
FOUND = N_("Your appointment: %(service)s, %(when)s, %(mode)s, %(office)s.")
ASK_WHAT = N_("What do you want to do with it?")
ASK_CHANGE_OR_CANCEL = N_("Do you want to change your appointment or cancel it?")
DO_CHANGE = N_("Change the day or the time")
DO_CANCEL = N_("Cancel it")
DO_NOTHING = N_("Leave it as it is")
ASK_CANCEL = N_("Do you want to cancel it?")
YES_CANCEL = N_("Yes, cancel it")
NO_KEEP = N_("No, keep it")
CANCELLED = N_("Your appointment has been cancelled. We have sent you an e-mail.")
APPOINTMENT_UNCHANGED = N_("Your appointment stays as it is.")
ASK_MOVE = N_("Do you want to move it to %(when)s?")
YES_MOVE = N_("Yes, move it")
MOVED = N_("Your appointment is now %(when)s. We have sent you an e-mail.")
ASK_ABANDON = N_("Do you want to stop this booking, or cancel an appointment you already have?")
ABANDON = N_("Stop this booking")
CANCEL_EXISTING = N_("Cancel one I already have")

NEEDS_NOT_ADDED = N_(
    "I cannot add this to an appointment that is already booked: %(needs)s. Tell the office: call %(phone)s."
)
NEEDS_NOT_REMOVED = N_(
    "I cannot take this off an appointment that is already booked: %(needs)s. Tell the office: call %(phone)s."
)
NEEDS_AT_ENTRANCE = N_("You can also tell the person at the entrance.")
NEEDS_IN_APPOINTMENT = N_("Your appointment already has this: %(needs)s.")
NO_LOCATOR = N_("I do not have it")
OTHER_APPOINTMENT = N_("Another appointment")
ASK_LEAVE_BOOKING = N_("Do you want to see that appointment? I will keep this booking for you.")
RESUME_BOOKING = N_("Carry on with the booking")
ASK_MOVE_AND_MODE = N_("Do you want to change it to %(when)s, %(mode)s?")
ASK_REPLACE = N_(
    "Do you want this appointment in place of yours: %(service)s, %(when)s, %(mode)s, %(office)s?"
    " Yours is cancelled only once the new one is booked."
)
REPLACED = N_(
    "Done. Your appointment is now: %(service)s, %(when)s, %(mode)s, %(office)s. The other one has been cancelled."
    " We have sent you an e-mail about each."
)
NONE_EARLIER = N_("No earlier times are available now.")
TELL_WHEN_FREED = N_("Tell me if one becomes free")
ASK_TELL = N_(
    "Shall we tell you if an earlier time becomes free? Your appointment stays as it is until you accept one."
)
YES_TELL = N_("Yes, tell me")
EARLIER_ASKED = N_(
    "Done. If an earlier time becomes free, we will write to you. You then have a short time to accept it."
    " Until then your appointment stays as it is."
)
LOST_ASK_EMAIL = N_(
    "We can send you the link to your appointment again. Which e-mail did you give when you booked it?"
)
NO_MAILBOX = N_("I cannot read that e-mail")
LOST_EMAIL_TYPO = N_("Is your e-mail %(email)s?")
KEEP_EMAIL = N_("No, it is %(email)s")
LOST_SENT = N_(
    "If there are appointments with that e-mail, we have sent their links there. Look in the spam folder too."
    " With the link you can see, change or cancel your appointment, or join the video call."
)
LOST_BY_NAME = N_(
    "Then a person can find your appointment by your name and its day. Call %(phone)s, or come to the office."
)
LOST_BY_NAME_AT_OFFICE = N_(
    "Then a person can find your appointment by your name and its day. Ask at the entrance of the office."
)

# Waitlist
ASK_WAITLIST_SERVICE = N_("Which service are you waiting for?")
ASK_WAITLIST_EMAIL = N_("I can put you on the waiting list. Which e-mail should we write to?")
ASK_WAITLIST_CONFIRM = N_("Is this right? If you join, you agree that we use your e-mail for the waiting list.")
WAITLIST_SUMMARY = N_("Waiting list: %(visit)s.")
WAITLIST_MAILBOX = N_("We will write to %(email)s.")
ANY_PLACE = N_("any office")
YES_WAITLIST = N_("Yes, I agree: put me on the list")
SEE_TIMES = N_("See the times there are")
NOT_ON_WAITLIST = N_("All right. I have not put you on the list.")
WAITLIST_JOINED = N_(
    "You are on the waiting list for 30 days. If a time becomes free, we will write to you and keep it for a"
    " while, so that you can book it. You can leave the list from the e-mail that we have just sent you."
)
WAITLIST_VERIFY = N_(
    "Open the e-mail that we have just sent you and confirm it: then you are on the waiting list for 30 days."
    " If a time becomes free, we will write to you and keep it for a while, so that you can book it."
)
WAITLIST_NEEDS = N_("When you book, tell us again what you need: %(needs)s.")

# Information
WAIT_CALLED = N_("%(office)s, %(line)s: you would be called between %(first)s and %(last)s.")
WAIT_ALL = N_("%(office)s: you would be called between %(first)s and %(last)s.")
WAIT_STOPPED = N_("%(office)s, %(line)s: only with an appointment for now.")
WAIT_REFUSED: Mapping[tuple[str, bool], str] = {  # by code, and whether the refusal lasts today
    ("no_capacity", False): N_("%(office)s, %(line)s: there are too many people at the moment. Try again later."),
    ("no_capacity", True): N_("%(office)s, %(line)s: there is no time left today to see anyone else."),
    ("quota_reached", True): N_("%(office)s, %(line)s: only with an appointment today."),
    ("appointment_only", True): N_("%(office)s, %(line)s: only with an appointment."),
}
WAIT_UNKNOWN = N_("%(office)s, %(line)s: the waiting time is not known yet.")

PLACE_EVACUATED = N_("%(office)s is being evacuated now. Do not go in.")
PLACE_PAUSED = N_("%(office)s has paused its calls.")
HOURS_OPEN = N_("%(office)s is open until %(time)s.")
HOURS_ALL_DAY = N_("%(office)s is open all day today.")
HOURS_CLOSED = N_("%(office)s is closed now. It opens %(when)s.")
HOURS_WEEK = N_("%(days)s, %(hours)s.")
HOURS_DAY = N_("%(office)s, %(day)s: %(hours)s.")
HOURS_DAY_SHUT = N_("%(office)s does not open on %(day)s.")
HOURS_DAY_REASON = N_("%(office)s does not open on %(day)s: %(reason)s.")
HOURS_DAY_ALL_SHUT = N_("We do not open on %(day)s: %(reason)s.")
HOURS_USUALLY = N_("%(office)s, %(day)s: usually %(hours)s.")
HOURS_MAY_CHANGE = N_("I do not know yet if those days will be different.")
SHUT_DAY = N_("%(day)s (%(reason)s)")
SHUT_DAYS = N_("%(office)s is closed on these days: %(days)s.")
ALL_SHUT_DAYS = N_("We are closed on these days: %(days)s.")
NO_SHUT_DAYS = N_("%(office)s: I know of no closed days until %(day)s.")
HOURS_DIFFER = N_("%(days)s: %(hours)s.")
HOURS_DIFFER_SHUT = N_("%(days)s: closed.")
ALL_DAY = N_("all day")
HOURS_SPAN = N_("%(first)s to %(last)s")
HOURS_UNKNOWN = N_("%(office)s is not open in the next few days.")
PLACE_AT = N_("%(office)s: %(address)s.")
BRING_NOTHING = N_("You do not need to bring anything for %(service)s.")
BRING_FOR = N_("For %(service)s, bring: %(things)s.")
TAKES_MINUTES = N_("%(service)s takes about %(minutes)s minutes.")
PRICE_IS = N_("%(service)s: %(price)s.")
PRICE_AT = N_("%(service)s, %(office)s: %(price)s.")
UNKNOWN = N_("I do not know that.")
UNKNOWN_FOR = N_("%(subject)s: I do not know that.")
ASK_A_PERSON = N_("Someone at the entrance of the office can tell you. You can also call %(phone)s.")
PHONE_HOURS = N_("Telephone hours: %(hours)s.")
FACT_AT = N_("%(office)s: %(fact)s.")
BOOK_THIS = N_("Book: %(service)s")
MODES_ARE = N_("%(service)s: %(modes)s.")
VIDEO_IN_BROWSER = N_("For a video call you need a phone or computer with a browser. You do not install anything.")
DONE_AT = N_("%(service)s: at %(offices)s.")
SERVICES_AT = N_("These are the services of %(office)s.")
PRIVACY_TELLS = N_(
    "This page says who is responsible for your data, how long we keep it and how to have it deleted."
)
OUR_SERVICES = N_("These are our services.")
CALL_ME = N_("Call me by appointment")
CALL_US = N_("You can talk to a person: call %(phone)s.")
ASK_AT_ENTRANCE = N_("You can talk to a person at the entrance of any office.")
FAST_WALK_IN = N_(
    "The quickest way is to come without an appointment to %(office)s, %(address)s. You would be called between"
    " %(first)s and %(last)s."
)
ALSO_WALK_IN = N_(
    "You can also come without an appointment to %(office)s, %(address)s."
    " You would be called between %(first)s and %(last)s."
)
FAST_CHOICE = N_("%(mode)s, %(office)s")
TAKE_TICKET = N_("Join the queue")
FAST_APPOINTMENT = N_("With an appointment, these are the first times.")
FAST_NOTHING = N_("Nothing is available for %(service)s right now.")

# Small talk
WELCOME = N_("You are welcome. If you need anything else, write it here.")
GOODBYE = N_("Goodbye. If you need anything else, write it here.")
GOODBYE_UNDONE = N_("Goodbye. You have not booked yet. If you come back soon, we can carry on from here.")
ALL_RIGHT = N_("All right. If you need anything, write it here.")
ANSWER_TO_INSULT = N_(
    "I understand that this is frustrating. I can help you, or you can talk to a person: call %(phone)s."
)
NOT_UNDERSTOOD = N_("I did not understand that.")
DID_YOU_MEAN = N_("I am not sure that I understood. Do you mean this?")
OFFERED_LABEL = N_("%(label)s")
WHICH_OFFER = N_("Which of these?")
SAY_AGAIN = N_("Try different words, or press a button.")
TO_THE_FORM = N_(
    "I still do not understand. In the form this is filled in: %(facts)s. You can also call %(phone)s."
)
TO_AN_EMPTY_FORM = N_(
    "I still do not understand. You can book step by step in the form. You can also call %(phone)s."
)
TO_MY_APPOINTMENT = N_(
    "I still do not understand. You can find your appointment on its own page. You can also call %(phone)s."
)
GO_ON_HERE = N_("Continue here")
OPEN_FORM = N_("Open the form")

CANCEL_THIS = N_("All right. I have not booked anything.")
DETAILS_REMOVED = N_("(your details, no longer kept here)")

# Danger
DANGER_VIOLENCE = N_(
    "If you are in danger now, call %(general)s. On %(violence)s they help people who are being hurt by a"
    " partner or former partner."
)
DANGER_VIOLENCE_ONE_NUMBER = N_(
    "If you are in danger now, call %(general)s. If you can, go where there are other people."
)
DANGER_SELF_HARM = N_(
    "On %(suicide)s someone will listen to you at any time, even if it is about another person. If a life is in"
    " danger now, call %(general)s."
)
DANGER_SELF_HARM_ONE_NUMBER = N_(
    "If a life is in danger now, call %(general)s. Stay with a person you trust, or ask for help at the entrance."
)
DANGER_ILLNESS = N_(
    "Call %(general)s now: they will tell you what to do until help arrives. If you are in one of our offices,"
    " tell the person at the entrance too."
)
DANGER_FIRE = N_(
    "Get out and call %(general)s from outside. If you are in one of our offices, tell the staff on your way out."
)
DANGER_UNKNOWN = N_(
    "If you or another person are in danger, call %(general)s."
    " If you are in one of our offices, tell the person at the entrance."
)
LEAVE_PAGE = N_("Leave this page")
NOT_KEPT = N_("What you wrote is not kept. When you are ready, we can carry on where we were.")
CALL_EMERGENCY = N_("Call %(number)s: emergencies")
CALL_VIOLENCE = N_("Call %(number)s: violence against women")
CALL_SUICIDE = N_("Call %(number)s: suicide prevention")

# Needs
OFFICE_ACCESS = N_("%(office)s: %(access)s")
ACCESS_UNKNOWN = N_("I do not know whether %(office)s has a way in without steps. You can ask on %(phone)s.")
ACCESS_UNKNOWN_AT = N_("I do not know whether these have a way in without steps: %(offices)s.")
ASK_NEEDS = N_("What do you need?")
WITH_NEED = N_("%(need)s")
WITHOUT_NEED = N_("Not needed: %(need)s")
NO_NEEDS = N_("Nothing else")
DETAILS_NOTED = N_("Noted: %(details)s.")
NEEDS_NOTED = N_("I have noted what you need: %(needs)s.")
NEEDS_DROPPED = N_("I have removed: %(needs)s.")
NEED_OF_PLACE = N_("You do not come to the office, so you need not tell us that.")
