/** A small invented programme to try the page with. */
export const EXAMPLE = JSON.stringify({
  sessions: [
    {
      id: 'roses',
      title: 'What the roses told the spreadsheet',
      speakers: ['Ada Lind'],
      track: 'Data',
      start: '2027-06-12T10:00',
      end: '2027-06-12T10:45',
      abstract:
        'Ten years of notes on first blooms, frost and rain, and how three gardeners turned them into a forecast for the parks office.',
    },
    {
      id: 'crew',
      title: 'Forty volunteers and one shed',
      speakers: ['Bo Ek', 'Cy Moor'],
      track: 'People',
      start: '2027-06-12T11:00',
      end: '2027-06-12T11:45',
      abstract:
        'Why helpers come once and never again, and the small promises that make them stay for the whole season.',
    },
    {
      id: 'bees',
      title: 'Counting what will not sit still',
      speakers: ['Dana Roth'],
      track: 'Data',
      start: '2027-06-12T14:00',
      end: '2027-06-12T14:45',
      abstract:
        'Cheap cameras at the hive, a model that recognises pollinators, and what changed after the meadow was mown later.',
    },
    {
      id: 'water',
      title: 'Less from the tap',
      speakers: ['Edo Finn'],
      track: 'Practice',
      start: '2027-06-12T15:00',
      end: '2027-06-12T15:45',
      abstract:
        'Sensors in the soil decide when to irrigate. The bill fell by a third, and the lettuce did not notice.',
    },
    {
      id: 'blight',
      title: 'Seeing the blight before the leaves do',
      speakers: ['Finja Aalto'],
      track: 'Practice',
      start: '2027-06-13T10:00',
      end: '2027-06-13T10:45',
      abstract:
        'An early warning for plant disease from humidity and spores, shared between gardens that used to find out too late.',
    },
    {
      id: 'money',
      title: 'A seed library that pays its rent',
      speakers: ['Gus Vale'],
      track: 'People',
      start: '2027-06-13T11:00',
      end: '2027-06-13T11:45',
      abstract: 'Membership, sponsors and an honest budget: how a lending shelf for seeds became a place of its own.',
    },
  ],
})
