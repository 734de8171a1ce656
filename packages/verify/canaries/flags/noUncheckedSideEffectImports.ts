// TS2882
import './there-is-no-such-file.ts';
