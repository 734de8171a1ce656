function EventLog({ sessionId }) {
  const [filter, setFilter] = useState(null); // null = all events
  const [events, setEvents] = useState([]);

  async function fetchFilteredEvents(eventType) {
    const params = new URLSearchParams({
      per_page: 100,
      ...(eventType && { event_type: eventType })
    });

    const response = await fetch(
      `/api/v2/sessions/${sessionId}/events?${params}`,
      { headers: { 'X-API-Key': 'your-api-key-here' } }
    );
    const data = await response.json();
    setEvents(data.items);
  }

  return (
    <div>
      <div className="filters">
        <button onClick={() => { setFilter(null); fetchFilteredEvents(); }}>
          All Events
        </button>
        <button onClick={() => { setFilter('workflow_error'); fetchFilteredEvents('workflow_error'); }}>
          Errors Only
        </button>
        <button onClick={() => { setFilter('status_changed'); fetchFilteredEvents('status_changed'); }}>
          Status Changes
        </button>
      </div>

      <div className="events">
        {events.map(event => (
          <EventRow key={event.id} event={event} />
        ))}
      </div>
    </div>
  );
}

export { EventLog };
