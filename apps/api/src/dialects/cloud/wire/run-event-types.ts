/**
 * The event types of the workflow and runtime dialects, which are native like all others. What they carry has these types
 * wherever it stands: beside the envelope when it came by the native or the runtime dialect, in `data` when by another.
 */
import { z } from '@hono/zod-openapi';
import type { ListedType } from './event-types.ts';

const text = z.string().nullish();
const number = z.number().nullish();
const flag = z.boolean().nullish();

const step = { step_code: text, old_status: text, new_status: text, duration_seconds: number };
const run = { workflow_type: text, duration_seconds: number, tests_generated: number };
const fault = { error: text, error_type: text, recoverable: flag, retry_after: number, duration_seconds: number };

const workflow = (name: string, description: string, fields: z.ZodRawShape = {}): ListedType => ({
  name,
  description,
  fields: { data: z.unknown().optional(), ...fields },
});

const call = { tool_name: text, tool_input: z.looseObject({}).nullish(), tool_output: z.unknown().optional() };
const runtime = (name: string, description: string, fields: z.ZodRawShape = {}): ListedType => ({
  name,
  description,
  fields: { session_name: text, ...fields },
});

export const RUN_TYPES: Readonly<Record<string, ListedType>> = {
  session_created: workflow('WorkflowSessionCreatedEvent', 'A workflow session was initialised.'),
  status_changed: workflow('StatusChangedEvent', "A session's status changed.", {
    old_status: text,
    new_status: text,
    duration_seconds: number,
  }),
  step_created: workflow('StepCreatedEvent', 'A step of a workflow was made.', step),
  step_status_changed: workflow('StepStatusChangedEvent', 'A step of a workflow got on.', step),
  artifact_created: workflow('ArtifactCreatedEvent', 'A file or a report was made.', {
    artifact_id: text,
    step_code: text,
  }),
  workflow_started: workflow('WorkflowStartedEvent', 'A workflow began.', run),
  workflow_resumed: workflow('WorkflowResumedEvent', 'A workflow goes on.', run),
  workflow_paused: workflow('WorkflowPausedEvent', 'A workflow pauses.', run),
  workflow_completed: workflow('WorkflowCompletedEvent', 'A workflow succeeded.', run),
  workflow_failed: workflow('WorkflowFailedEvent', 'A workflow failed.', { ...run, ...fault }),
  workflow_error: workflow('WorkflowErrorEvent', 'An error occurred in a workflow.', fault),
  session_start: runtime('SessionStartEvent', "An agent's session starts, or starts again."),
  pre_tool: runtime('PreToolEvent', 'A tool is about to run.', call),
  post_tool: runtime('PostToolEvent', 'A tool has run.', { ...call, error: text }),
  session_stop: runtime('SessionStopEvent', "An agent's session ends; with an exit code other than 0 it has failed.", {
    exit_code: number,
    reason: text,
  }),
  message: runtime('RuntimeMessageEvent', 'A message of the user or of the assistant.', {
    role: text,
    content: z.array(z.unknown()).nullish(),
  }),
};
