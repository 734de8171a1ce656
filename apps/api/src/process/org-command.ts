/** `npm run org`: organisations and their tokens, beside a running server or without one. */
import { existsSync } from 'node:fs';
import { isId, type OrgId } from '@turnlog/core/ids';
import { makeSecret, secretPrefix } from '@turnlog/core/tokens';
import { type OrgDesk, openOrgDesk } from '@turnlog/store-sqlite';
import { sha256 } from '../http/credentials.ts';
import { makeFolder, nowUs, randomBytes } from './machine.ts';

const USAGE = `Usage:
  npm run org -- create NAME      make an organisation; prints its id and a token with every scope
  npm run org -- token [ORG_ID]   make another such token; for the first organisation unless one is named
`;
const NO_ORG = 'There is no organisation yet: npm run org -- create NAME\n';
const NAME_CHARACTERS = 255;

/** Runs the command; answers the exit code. */
export function runOrgCommand(words: readonly string[], file: string, write: (text: string) => void): number {
  const [verb, argument, ...rest] = words;
  const usable = rest.length === 0 && ((verb === 'create' && isName(argument)) || verb === 'token');
  if (!usable) {
    write(USAGE);
    return verb === undefined || verb === 'help' ? 0 : 2;
  }
  if (verb === 'token' && !existsSync(file)) {
    write(NO_ORG);
    return 1;
  }
  makeFolder(file);
  const desk = openOrgDesk(file, nowUs);
  try {
    return verb === 'create' ? create(desk, argument as string, write) : token(desk, argument, write);
  } finally {
    desk.close();
  }
}

function create(desk: OrgDesk, name: string, write: (text: string) => void): number {
  const secret = makeSecret(randomBytes);
  const org = desk.createOrg({ name, token: tokenOf(secret) });
  write(`Organisation: ${org}\nToken, shown only now: ${secret}\n`);
  return 0;
}

function token(desk: OrgDesk, named: string | undefined, write: (text: string) => void): number {
  const org = named ?? desk.firstOrg();
  const secret = makeSecret(randomBytes);
  if (org === null || !isId('org', org) || !desk.createToken(org as OrgId, tokenOf(secret))) {
    write(org === null ? NO_ORG : `No organisation '${org}' exists.\n`);
    return 1;
  }
  write(`Organisation: ${org}\nToken, shown only now: ${secret}\n`);
  return 0;
}

function tokenOf(secret: string): { readonly name: string; readonly hash: string; readonly prefix: string } {
  return { name: 'operator', hash: sha256(secret), prefix: secretPrefix(secret) };
}

function isName(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== '' && text.length <= NAME_CHARACTERS;
}
