# Test 1: Get recent events
curl -X GET "http://localhost:8000/api/v2/sessions/{session_id}/events?per_page=10" \
  -H "X-API-Key: test-key"

# Test 2: Filter by event type
curl -X GET "http://localhost:8000/api/v2/sessions/{session_id}/events?event_type=workflow_error" \
  -H "X-API-Key: test-key"

# Test 3: Poll for new events
TIMESTAMP=$(date -u +"%Y-%m-%dT%H:%M:%SZ")
curl -X GET "http://localhost:8000/api/v2/sessions/{session_id}/events?since=$TIMESTAMP" \
  -H "X-API-Key: test-key"

# Test 4: Pagination
curl -X GET "http://localhost:8000/api/v2/sessions/{session_id}/events?page=2&per_page=20" \
  -H "X-API-Key: test-key"
