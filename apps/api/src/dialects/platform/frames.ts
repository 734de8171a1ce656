/** Frames of this dialect's streams. An event shows its org, so every org has frames of its own, which its streams share. */
import type { OrgId } from '@turnlog/core/ids';
import { makeRoom } from '../../http/oldest.ts';
import { Frames } from '../../http/streams/frames.ts';
import { viewOf } from '../../http/views.ts';
import { presentEvent } from './wire/event.ts';

/** Orgs whose frames are kept for the next stream. */
const ORGS_KEPT = 1_000;

export class FramesByOrg {
  readonly #kept = new Map<OrgId, Frames>();

  of(org: OrgId): Frames {
    const frames = this.#kept.get(org) ?? new Frames((event) => Buffer.from(presentEvent(viewOf(event), org)));
    this.#kept.delete(org);
    makeRoom(this.#kept, ORGS_KEPT);
    this.#kept.set(org, frames);
    return frames;
  }
}
