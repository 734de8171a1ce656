curl -X GET "http://localhost:8000/api/v2/sessions/123e4567-e89b-12d3-a456-426614174000/events?per_page=50" \
  -H "X-API-Key: your-api-key-here"
