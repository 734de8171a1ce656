/** Every JSON example of the document that the platform dialect follows, in its own text. The first is the base format. */
export const BASE = `{
  "id": "evt_abc123",
  "type": "agent.created",
  "created_at": "2026-02-21T03:27:00Z",
  "data": {
    "agent_id": "agent_123",
    "name": "Research Assistant"
  },
  "metadata": {
    "user_id": "user_456",
    "organization_id": "org_789",
    "request_id": "req_xyz"
  }
}`;

export const EXAMPLES: readonly string[] = [
  `{
  "type": "agent.created",
  "data": {
    "agent_id": "agent_123",
    "name": "Research Assistant",
    "model": "gpt-4-turbo",
    "tools": ["web_search"],
    "created_by": "user_456"
  }
}`,
  `{
  "type": "agent.updated",
  "data": {
    "agent_id": "agent_123",
    "changes": {
      "name": {"old": "Old Name", "new": "New Name"},
      "model": {"old": "gpt-3.5-turbo", "new": "gpt-4-turbo"}
    },
    "updated_by": "user_456"
  }
}`,
  `{
  "type": "agent.deleted",
  "data": {
    "agent_id": "agent_123",
    "deleted_by": "user_456",
    "permanent": false
  }
}`,
  `{
  "type": "agent.published",
  "data": {
    "agent_id": "agent_123",
    "listing_id": "mkt_abc",
    "price": 49.99,
    "dsid": "0x..."
  }
}`,
  `{
  "type": "session.started",
  "data": {
    "session_id": "sess_123",
    "agent_id": "agent_456",
    "goal": "Research AI trends",
    "model": "gpt-4-turbo"
  }
}`,
  `{
  "type": "session.step.completed",
  "data": {
    "session_id": "sess_123",
    "step_number": 3,
    "step_type": "tool_call",
    "tool": "web_search",
    "duration_ms": 1234
  }
}`,
  `{
  "type": "session.completed",
  "data": {
    "session_id": "sess_123",
    "agent_id": "agent_456",
    "status": "completed",
    "steps": 5,
    "duration_ms": 12345,
    "tokens_used": 2500
  }
}`,
  `{
  "type": "session.failed",
  "data": {
    "session_id": "sess_123",
    "agent_id": "agent_456",
    "error_code": "timeout",
    "error_message": "Session timed out after 300 seconds",
    "step_number": 3
  }
}`,
  `{
  "type": "team.task.assigned",
  "data": {
    "team_id": "team_123",
    "task_id": "task_456",
    "assigned_to": "agent_789",
    "assigned_by": "agent_lead",
    "task_description": "Research competitor pricing"
  }
}`,
  `{
  "type": "team.task.completed",
  "data": {
    "team_id": "team_123",
    "task_id": "task_456",
    "completed_by": "agent_789",
    "result": "success",
    "duration_ms": 5000
  }
}`,
  `{
  "type": "team.execution.completed",
  "data": {
    "team_id": "team_123",
    "execution_id": "exec_456",
    "status": "completed",
    "agents_used": 3,
    "total_steps": 15,
    "duration_ms": 45000
  }
}`,
  `{
  "type": "webhook.sent",
  "data": {
    "webhook_id": "wh_123",
    "delivery_id": "del_456",
    "url": "https://example.com/webhook",
    "status_code": 200,
    "duration_ms": 234
  }
}`,
  `{
  "type": "webhook.failed",
  "data": {
    "webhook_id": "wh_123",
    "delivery_id": "del_456",
    "url": "https://example.com/webhook",
    "error": "Connection timeout",
    "retry_count": 2,
    "next_retry_at": "2026-02-21T03:30:00Z"
  }
}`,
  `{
  "type": "user.login",
  "data": {
    "user_id": "user_123",
    "method": "password",
    "ip_address": "192.168.1.1",
    "user_agent": "Mozilla/5.0..."
  }
}`,
  `{
  "type": "user.settings.updated",
  "data": {
    "user_id": "user_123",
    "changes": {
      "notification_email": {"old": false, "new": true}
    }
  }
}`,
  `{
  "type": "billing.invoice.created",
  "data": {
    "invoice_id": "inv_123",
    "amount": 99.00,
    "currency": "USD",
    "period_start": "2026-02-01",
    "period_end": "2026-02-28"
  }
}`,
  `{
  "type": "billing.payment.succeeded",
  "data": {
    "payment_id": "pay_123",
    "invoice_id": "inv_456",
    "amount": 99.00,
    "currency": "USD",
    "method": "card"
  }
}`,
  `{
  "type": "billing.payment.failed",
  "data": {
    "payment_id": "pay_123",
    "invoice_id": "inv_456",
    "amount": 99.00,
    "error": "Card declined",
    "retry_at": "2026-02-22T00:00:00Z"
  }
}`,
];
