/** Which dialects events are delivered in, and their words for it. */
import type { LetterWriterOptions } from '../deliveries/letters.ts';
import { presentDelivery as cloud } from './cloud/delivery.ts';
import { presentDelivery as platform } from './platform/delivery.ts';

export const presentDelivery: LetterWriterOptions['present'] = { cloud, platform };
