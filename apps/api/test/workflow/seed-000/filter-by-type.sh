curl -X GET "http://localhost:8000/api/v2/sessions/123e4567-e89b-12d3-a456-426614174000/events?event_type=workflow_error" \
  -H "X-API-Key: your-api-key-here"
