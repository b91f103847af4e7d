import assert from 'node:assert/strict'
import fs from 'node:fs'
import test from 'node:test'
import { calendar } from '../../www/demo/ics.js'
import type { Session } from '../../www/demo/programme.js'

const sessions: Session[] = JSON.parse(fs.readFileSync('www/demo/corpus/sessions.json', 'utf8'))
const awkward: Session = {
  ...sessions[0]!,
  id: 'awkward',
  title: 'Żółw; a, b \\ 😀'.repeat(12),
  abstract: 'one\ntwo\r\nthree\u0007',
}
const file = calendar(
  [...sessions, awkward],
  new Date('2026-11-21T06:00:00.123Z'),
  (id) => `https://example.org/?session=${id}`,
  'Europe/Oslo',
)

/** The properties of the events of a calendar file, read as RFC 5545 says. */
function events(text: string): Record<string, string>[] {
  const lines = text.replace(/\r\n /g, '').split('\r\n')
  const found: Record<string, string>[] = []
  for (const line of lines) {
    if (line === 'BEGIN:VEVENT') found.push({})
    const at = line.indexOf(':')
    const last = found.at(-1)
    if (last)
      last[line.slice(0, at)] ??= line
        .slice(at + 1)
        .replace(/\\([\\;,nN])/g, (_, c: string) => (/n/i.test(c) ? '\n' : c))
  }
  return found
}

test('every line of a calendar ends in CRLF and has at most 75 bytes, none of them a cut character', () => {
  assert.ok(file.endsWith('END:VCALENDAR\r\n'))
  assert.ok(!/[^\r]\n|\r[^\n]/.test(file))
  for (const line of file.split('\r\n')) {
    assert.ok(Buffer.byteLength(line) <= 75, line)
    assert.ok(!/[\ud800-\udbff]$|^ ?[\udc00-\udfff]/.test(line), line)
  }
})

test('a calendar read again has every session with its title, place, text and local times', () => {
  const found = events(file)
  assert.equal(found.length, sessions.length + 1)
  assert.equal(new Set(found.map(({ UID }) => UID)).size, found.length)
  for (const [i, session] of [...sessions, awkward].entries()) {
    const event = found[i]!
    assert.equal(event.SUMMARY, session.title)
    assert.equal(event.LOCATION, session.room)
    assert.equal(event.DTSTAMP, '20261121T060000Z')
    assert.equal(event['DTSTART;TZID=Europe/Oslo'], `${session.start.replace(/[-:]/g, '')}00`)
    assert.equal(event['DTEND;TZID=Europe/Oslo'], `${session.end.replace(/[-:]/g, '')}00`)
    assert.ok(event.DESCRIPTION?.endsWith(session.abstract.replace('\r\n', '\n').replace('\u0007', '')))
  }
})

test('the time zone of a calendar is described in it, and agrees with the one that this machine knows', () => {
  assert.match(file, /BEGIN:VTIMEZONE\r\nTZID:Europe\/Oslo\r\n/)
  const summer = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Oslo', timeZoneName: 'longOffset' }).format(
    new Date('2027-05-10T08:00Z'),
  )
  assert.match(summer, /GMT\+02:00/)
  assert.match(file, /BEGIN:DAYLIGHT\r\n[^]*?TZOFFSETTO:\+0200\r\n/)
})

test('times that tell how far they are from UTC are written so, those of no zone as all clocks show them, and others not at all', () => {
  const at = (id: string, start: string, end: string) => ({
    ...awkward,
    id,
    title: id,
    start,
    end,
    room: '',
    track: '',
  })
  const several = [
    at('utc', '2025-05-22T13:15Z', '2025-05-22T13:45:00Z'),
    at('offset', '2025-05-22T13:15:00+02:00', ''),
    at('plain', '2027-06-12T10:00', '2027-06-12T10:45'),
    at('undated', 'Saturday 10:00', ''),
    at('never', '', ''),
  ]
  const text = calendar(several, new Date(0), (id) => `https://example.org/?session=${id}`, undefined)
  assert.ok(!text.includes('VTIMEZONE'))
  const found = events(text)
  assert.deepEqual(
    found.map(({ SUMMARY, DTSTART, DTEND, LOCATION }) => [SUMMARY, DTSTART, DTEND, LOCATION]),
    [
      ['utc', '20250522T131500Z', '20250522T134500Z', undefined],
      ['offset', '20250522T111500Z', undefined, undefined],
      ['plain', '20270612T100000', '20270612T104500', undefined],
    ],
  )
})
