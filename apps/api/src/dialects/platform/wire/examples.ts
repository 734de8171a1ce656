/** The records that the reference shows; they belong together. */
export const EVENT_ID = 'evt_01K5ZV7R0S7PQ9H1C3T5V7X9ZB';
export const ORGANIZATION_ID = 'org_01K5ZV69ZK7E4R8T2Y6V0N3QXC';
export const REQUEST_ID = 'req_01K5ZV7QZZ7R2M4P6S8V0X2ZBD';

export const PUBLISHED = {
  type: 'agent.created',
  data: {
    agent_id: 'agent_123',
    name: 'Research Assistant',
    model: 'gpt-4-turbo',
    tools: ['web_search'],
    created_by: 'user_456',
  },
  metadata: { user_id: 'user_456' },
};

export const EVENT = {
  id: EVENT_ID,
  type: PUBLISHED.type,
  created_at: '2026-02-21T03:27:00.000000Z',
  data: PUBLISHED.data,
  metadata: { ...PUBLISHED.metadata, organization_id: ORGANIZATION_ID, request_id: REQUEST_ID },
};

export const PAGE = { data: [EVENT], has_more: false, first_id: EVENT_ID, last_id: EVENT_ID };

export const STREAM = `id: ${EVENT_ID}\nevent: ${EVENT.type}\ndata: ${JSON.stringify(EVENT)}\n\n`;
