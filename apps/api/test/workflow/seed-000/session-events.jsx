import { useState, useEffect } from 'react';

function SessionEvents({ sessionId }) {
  const [events, setEvents] = useState([]);
  const [lastTimestamp, setLastTimestamp] = useState(null);
  const [loading, setLoading] = useState(true);

  // Initial load
  useEffect(() => {
    fetchEvents();
  }, [sessionId]);

  // Polling for new events
  useEffect(() => {
    if (!lastTimestamp) return; // Skip until initial load completes

    const pollInterval = setInterval(() => {
      fetchNewEvents();
    }, 2000); // Poll every 2 seconds

    return () => clearInterval(pollInterval);
  }, [lastTimestamp]);

  async function fetchEvents() {
    setLoading(true);
    try {
      const response = await fetch(
        `/api/v2/sessions/${sessionId}/events?per_page=100`,
        {
          headers: { 'X-API-Key': 'your-api-key-here' }
        }
      );
      const data = await response.json();

      setEvents(data.items);
      if (data.items.length > 0) {
        setLastTimestamp(data.items[0].timestamp); // Newest event (descending order)
      }
    } catch (error) {
      console.error('Failed to fetch events:', error);
    } finally {
      setLoading(false);
    }
  }

  async function fetchNewEvents() {
    try {
      const response = await fetch(
        `/api/v2/sessions/${sessionId}/events?since=${lastTimestamp}&per_page=50`,
        {
          headers: { 'X-API-Key': 'your-api-key-here' }
        }
      );
      const data = await response.json();

      if (data.items.length > 0) {
        setEvents(prev => [...data.items, ...prev]); // Prepend new events
        setLastTimestamp(data.items[0].timestamp);
      }
    } catch (error) {
      console.error('Failed to poll events:', error);
    }
  }

  if (loading) return <div>Loading events...</div>;

  return (
    <div className="events-container">
      <h2>Session Events</h2>
      <div className="events-list">
        {events.map(event => (
          <div key={event.id} className={`event event-${event.event_type}`}>
            <span className="timestamp">{new Date(event.timestamp).toLocaleString()}</span>
            <span className="type">{event.event_type}</span>
            <span className="message">{event.message}</span>
          </div>
        ))}
      </div>
    </div>
  );
}

export { SessionEvents };
