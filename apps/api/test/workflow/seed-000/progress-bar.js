async function updateProgressBar(sessionId) {
  const response = await fetch(`/api/v2/sessions/${sessionId}/events?per_page=1`);
  const data = await response.json();

  if (data.items.length > 0) {
    const latestEvent = data.items[0];

    // Update UI based on event type
    if (latestEvent.event_type === 'workflow_started') {
      progressBar.indeterminate = true;
      progressBar.label = 'Starting...';
    } else if (latestEvent.event_type === 'step_status_changed') {
      const { step_code, new_status } = latestEvent.event_data;
      progressBar.label = `${step_code}: ${new_status}`;
    } else if (latestEvent.event_type === 'workflow_completed') {
      progressBar.indeterminate = false;
      progressBar.value = 100;
      progressBar.label = 'Completed';
    }
  }
}

export { updateProgressBar };
