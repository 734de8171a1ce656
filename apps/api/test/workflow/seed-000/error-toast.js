async function checkForErrors(sessionId, lastCheckTimestamp) {
  const response = await fetch(
    `/api/v2/sessions/${sessionId}/events?event_type=workflow_error&since=${lastCheckTimestamp}`
  );
  const data = await response.json();

  data.items.forEach(event => {
    showToast({
      type: 'error',
      title: 'Workflow Error',
      message: event.message,
      duration: 5000,
    });
  });
}

export { checkForErrors };
