"""Every page of the route table with its states, as addresses in the full day.

Test `test_every_page_route_has_its_states` compares the routes.
"""

from __future__ import annotations

# Route | its states. Words in braces are filled by layout_world.py; a route without states is its own address.
# Marks before an address: `!` it answers an error page, `-` it is for staff who are not signed in, `+` axe and
# forced colours are checked, too, as no other test does that.
MARKS = "!-+"
PAGES = """
/ | +/
/turn | +/turn +/turn?appointment=1
/accessibility | +/accessibility
/privacy | +/privacy
/offline | +/offline
/appointments/new | /appointments/new +/appointments/new?office=centro +{booking} {booking}&step=more
/appointments/new | +{booking}&asked=mode +/appointments/new?office=*&service=certificate
/appointments/new | +{booking}&mode=video {booking}&mode=phone {details}
/appointments/find | +/appointments/find
/a/{token} | +/a/{video_tested} /a/{video_weak} +/a/{video_lobby} /a/{video_interpreter} /a/{video_ended}
/a/{token} | +/a/{video_missed} +/a/{video_cancelled} /a/{phone_later} /a/{phone_calling} /a/{phone_no_answer}
/a/{token} | /a/{phone_withdrawn} /a/{phone_held} /a/{phone_not_reached} +/a/{visit_0} /a/{visit_4} /a/{late_0}
/a/{token} | /a/{late_2} +/a/{tomorrow} +/a/{tomorrow}?new=1 +!/a/a-wrong-link
/a/{token}/cancel | +/a/{tomorrow}/cancel
/a/{token}/reschedule | +/a/{tomorrow}/reschedule
/a/{token}/earlier | /a/{tomorrow}/earlier
/a/{token}/verify/{secret} | /a/{tomorrow}/verify/x
/verify/{token} | !/verify/x
/waiting/new | /waiting/new?service=certificate&office=centro
/waiting/{token} | /waiting/{waiting}
/o/{office} | +/o/centro +/o/centro?service=documents +/o/centro?service=hunting-fishing +/o/centro?appointment=1
/o/{office} | +!/o/nowhere
/o/{office}/lost | +/o/centro/lost +/o/centro/lost?sent=1
/o/{office}/display | +/o/{office}/display
/o/{office}/punctuality | +/o/{office}/punctuality
/t/{token} | +/t/{t_waiting} +/t/{t_next} +/t/{t_called} +/t/{t_serving} +/t/{t_on_hold} +/t/{t_missed}
/t/{token} | +/t/{t_no_show} +/t/{t_finished} +/t/{t_left} /t/{t_help} /t/{t_priority} /t/{t_late}
/t/{token} | +!/t/a-wrong-link
/t/{token}/leave | +/t/{t_waiting}/leave
/n/{token} | /n/{contact}
/n/{token}/{group} | +/n/{contact}/reminders
/chat
/test
/test/walk
/test/{test}
/a/{token}/test | +/a/{video_weak}/test +/a/{video_weak}/test?with={weak_code}&mobile=1
/a/{token}/test/walk | /a/{video_weak}/test/walk
/a/{token}/test/{code} | /a/{video_weak}/test/{weak_code}
/a/{token}/room | +/a/{video_tested}/room +/a/{video_tomorrow}/room +/a/{video_ended}/room
/a/{token}/room | +/a/{video_cancelled}/room +/a/{video_missed}/room
/a/{token}/room/survey | /a/{video_ended}/room/survey
/i/{token} | /i/{guest}
/i/{token}/survey | /i/{guest}/survey
/staff/ | +-/staff/ +-/staff/?next=/staff/desk
/staff/login/second | -/staff/login/second
/staff/account | +/staff/account
/staff/account/password
/staff/account/passkeys/new
/staff/account/passkeys/{id}/remove | !/staff/account/passkeys/x/remove
/staff/account/app
/staff/account/app/remove
/staff/account/codes
/staff/account/proof
/staff/link/{token} | -/staff/link/{link}
/staff/desk | +/staff/desk?office=centro
/staff/host | +/staff/host?office=centro
/staff/tickets/{id}/slip | +/staff/tickets/{ticket_id}/slip
/staff/appointments/{id}/slip | /staff/appointments/{tomorrow_id}/slip
/staff/calls/{id} | +/staff/calls/{phone_due_id} +/staff/calls/{phone_calling_id}
/staff/calls/{id} | +/staff/calls/{phone_no_answer_id} +/staff/calls/{phone_held_id}
/staff/notices | +/staff/notices?office=centro
/staff/host/{office}/cancel | +/staff/host/{office}/cancel
/staff/calendar | +/staff/calendar?office=centro +{calendar_day}
/staff/calendar/list | +/staff/calendar/list?office=centro
/staff/calendar/new | +/staff/calendar/new?office=centro
/staff/calendar/search
/staff/calendar/{appointment} | +/staff/calendar/{tomorrow_id} +/staff/calendar/{video_weak_id}
/staff/calendar/{appointment} | +/staff/calendar/{phone_due_id}
/staff/calendar/{appointment}/move | /staff/calendar/{tomorrow_id}/move
/staff/calendar/{appointment}/cancel | +/staff/calendar/{tomorrow_id}/cancel
/staff/calendar/{appointment}/contact | /staff/calendar/{tomorrow_id}/contact
/staff/alerts | +/staff/alerts
/staff/tests | !/staff/tests?code=K7-42
/staff/tests/ | !/staff/tests/
/staff/tests/{code} | +/staff/tests/{weak_code}
/staff/rooms/{appointment} | /staff/rooms/{video_weak_id} /staff/rooms/{video_ended_id}
/staff/rooms/{appointment} | +/staff/rooms/{video_cancelled_id}
/staff/rooms/{appointment}/timeline | +/staff/rooms/{video_ended_id}/timeline
/staff/manage
/staff/manage/today
/staff/manage/messages | +/staff/manage/messages
/staff/manage/messages/sent | +/staff/manage/messages/sent
/staff/manage/messages/templates | +/staff/manage/messages/templates
/staff/manage/messages/templates/{kind}/{channel} | /staff/manage/messages/templates/appointment_confirmed/email
/staff/manage/messages/test | +/staff/manage/messages/test
/staff/manage/messages/test/{id} | !/staff/manage/messages/test/x
/staff/manage/posters | +/staff/manage/posters
/staff/manage/o/{office}/poster
/staff/manage/screens | +/staff/manage/screens
/staff/manage/screens/{id} | /staff/manage/screens/{screen}
/staff/manage/screens/{id}/remove | /staff/manage/screens/{screen}/remove
/staff/manage/offices/new
/staff/manage/o/{office}
/staff/manage/o/{office}/listed
/staff/manage/o/{office}/what-if | +/staff/manage/o/centro/what-if +{what_if} +!{what_if}&target=0&h8=y
/staff/manage/o/{office}/lines
/staff/manage/o/{office}/lines/new
/staff/manage/o/{office}/lines/{line}
/staff/manage/o/{office}/lines/{line}/remove
/staff/manage/o/{office}/services
/staff/manage/o/{office}/services/copy
/staff/manage/o/{office}/services/new
/staff/manage/o/{office}/services/{service}
/staff/manage/o/{office}/services/{service}/remove
/staff/manage/o/{office}/desks
/staff/manage/o/{office}/desks/new
/staff/manage/o/{office}/desks/{desk}
/staff/manage/o/{office}/desks/{desk}/rename
/staff/manage/o/{office}/desks/{desk}/remove
/staff/manage/o/{office}/details | +/staff/manage/o/{office}/details
/staff/manage/o/{office}/hours
/staff/manage/o/{office}/hours/closures
/staff/manage/o/{office}/hours/holidays
/staff/manage/o/{office}/hours/extra
/staff/manage/o/{office}/hours/appointments
/staff/manage/o/{office}/settings | +/staff/manage/o/{office}/settings
/staff/manage/o/{office}/targets | +/staff/manage/o/{office}/targets
/staff/manage/o/{office}/settings/agenda | +/staff/manage/o/{office}/settings/agenda
/staff/manage/o/{office}/settings/lines/{line}
/staff/manage/o/{office}/settings/services/{service}
/staff/manage/o/{office}/settings/lists | +/staff/manage/o/{office}/settings/lists
/staff/manage/o/{office}/settings/lists/{list} | +/staff/manage/o/{office}/settings/lists/{list}
/staff/manage/o/{office}/settings/texts | +/staff/manage/o/{office}/settings/texts
/staff/manage/o/{office}/settings/texts/new | +/staff/manage/o/{office}/settings/texts/new
/staff/manage/o/{office}/settings/texts/{text}
/staff/manage/o/{office}/settings/texts/{text}/remove
/staff/manage/people | +/staff/manage/people
/staff/manage/people/invite
/staff/manage/people/sign-in | +/staff/manage/people/sign-in
/staff/manage/people/groups | +/staff/manage/people/groups
/staff/manage/people/groups/new
/staff/manage/people/groups/{id} | /staff/manage/people/groups/{group}
/staff/manage/people/groups/{id}/remove | /staff/manage/people/groups/{group}/remove
/staff/manage/people/{id} | +/staff/manage/people/{person}
/staff/manage/people/{id}/disable | /staff/manage/people/{person}/disable
/staff/manage/people/{id}/factors | /staff/manage/people/{person}/factors
/staff/manage/keys | +/staff/manage/keys
/staff/manage/keys/new
/staff/manage/keys/{id}/revoke | /staff/manage/keys/{key}/revoke
/staff/manage/look
/staff/manage/look/{section} | /staff/manage/look/organisation /staff/manage/look/colours
/staff/manage/look/{section} | /staff/manage/look/accessibility /staff/manage/look/logo
/staff/manage/audit
/staff/manage/figures | +/staff/manage/figures +/staff/manage/figures?period=today&by=hour
/staff/manage/figures | +!/staff/manage/figures?period=own&from=x
/staff/manage/figures/mail | +/staff/manage/figures/mail
/dev/outbox | +/dev/outbox
/dev/outbox/{id} | /dev/outbox/{message}
"""

# Routes that answer no page of the product: files, data, redirects, the HTML of an e-mail, and pages of channels
# that are not set up here.
NO_PAGES = """
/logo /healthz /readyz /metrics /manifest.webmanifest /sw.js /api/openapi.json /a/{token}/calendar.ics
/test/{test}/report.txt /test/{test}/report.json
/a/{token}/test/{code}/report.txt /a/{token}/test/{code}/report.json
/staff /staff/oidc/login /staff/oidc/callback /staff/session /staff/posters/{office}.pdf /staff/calendar.csv
/staff/tests/{code}/report.txt /staff/tests/{code}/report.json /staff/manage/posters.pdf /staff/manage/switch
/staff/manage/messages/templates/{kind}/{channel}/html /staff/manage/look/sample.css
/staff/manage/figures.csv
/staff/manage/audit.csv /staff/manage/figures/mail/preview /dev/outbox/{id}/html /dev/outbox/{id}/calendar.ics
/a/{token}/manifest.webmanifest
/t/{token}/manifest.webmanifest /static/{build}/{path:path}
/robots.txt /favicon.ico /.well-known/security.txt /.well-known/change-password /webhooks/{channel}
/a/{token}/channels/{channel} /t/{token}/channels/{channel}
"""


def page_states() -> dict[str, list[str]]:
    """Return the addresses of each page route."""
    states: dict[str, list[str]] = {}
    for line in PAGES.strip().splitlines():
        route, _, addresses = line.partition(" | ")
        states.setdefault(route, []).extend(addresses.split() or [route])
    return states
