# Get timestamp of newest event from previous response
LAST_TIMESTAMP="2026-01-13T14:30:45.123456Z"

# Poll for events since that timestamp
curl -X GET "http://localhost:8000/api/v2/sessions/123e4567-e89b-12d3-a456-426614174000/events?since=$LAST_TIMESTAMP&per_page=50" \
  -H "X-API-Key: your-api-key-here"
