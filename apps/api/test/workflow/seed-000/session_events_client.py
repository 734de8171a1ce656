import requests
from datetime import datetime
from time import sleep
from typing import List, Dict, Any

class SessionEventsClient:
    """Client for polling session events."""

    def __init__(self, base_url: str, api_key: str):
        self.base_url = base_url
        self.headers = {"X-API-Key": api_key}

    def get_events(
        self,
        session_id: str,
        since: str | None = None,
        event_type: str | None = None,
        page: int = 1,
        per_page: int = 20,
    ) -> Dict[str, Any]:
        """Fetch events for a session with optional filtering."""
        params = {
            "page": page,
            "per_page": per_page,
        }
        if since:
            params["since"] = since
        if event_type:
            params["event_type"] = event_type

        url = f"{self.base_url}/api/v2/sessions/{session_id}/events"
        response = requests.get(url, headers=self.headers, params=params)
        response.raise_for_status()
        return response.json()

    def monitor_session(
        self,
        session_id: str,
        poll_interval: int = 2,
        event_callback: callable = None,
    ):
        """Monitor session events in real-time."""
        last_timestamp = None

        # Initial load
        print(f"Loading initial events for session {session_id}...")
        data = self.get_events(session_id, per_page=100)
        events = data["items"]

        if events:
            last_timestamp = events[0]["timestamp"]  # Newest event
            for event in reversed(events):  # Display oldest first
                if event_callback:
                    event_callback(event)
                else:
                    self._print_event(event)

        # Poll for new events
        print(f"\nPolling for new events every {poll_interval}s...")
        while True:
            sleep(poll_interval)

            data = self.get_events(session_id, since=last_timestamp, per_page=50)
            new_events = data["items"]

            if new_events:
                last_timestamp = new_events[0]["timestamp"]
                for event in reversed(new_events):
                    if event_callback:
                        event_callback(event)
                    else:
                        self._print_event(event)

    def _print_event(self, event: Dict[str, Any]):
        """Pretty print an event."""
        timestamp = datetime.fromisoformat(event["timestamp"].replace("Z", "+00:00"))
        print(f"[{timestamp.strftime('%H:%M:%S')}] {event['event_type']}: {event.get('message', 'No message')}")


# Usage example
if __name__ == "__main__":
    client = SessionEventsClient(
        base_url="http://localhost:8000",
        api_key="your-api-key-here"
    )

    # Monitor a session
    session_id = "123e4567-e89b-12d3-a456-426614174000"

    # Custom event handler
    def handle_event(event):
        if event["event_type"] == "workflow_error":
            print(f"⚠️  ERROR: {event['message']}")
        elif event["event_type"] == "workflow_completed":
            print(f"✅ COMPLETED: {event['message']}")
        else:
            print(f"ℹ️  {event['event_type']}: {event.get('message', '')}")

    client.monitor_session(session_id, poll_interval=2, event_callback=handle_event)
