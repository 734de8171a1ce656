import { describe, expect, test } from 'vitest';
import { Vault } from '../../src/deliveries/vault.ts';

const KEY = Buffer.alloc(32, 1);
const SECRET = Buffer.from('the secret of a webhook');

describe('a vault', () => {
  test('opens what it has sealed, and seals nothing twice the same', () => {
    const vault = new Vault(KEY);
    const sealed = [vault.seal(SECRET, 'org_1'), vault.seal(SECRET, 'org_1')] as const;
    expect(Buffer.from(sealed[0])).not.toEqual(Buffer.from(sealed[1]));
    for (const each of sealed) {
      expect(new Vault(KEY).open(each, 'org_1')).toEqual(SECRET);
      expect(Buffer.from(each).includes(SECRET)).toBe(false);
    }
    expect(vault.open(vault.seal(Buffer.alloc(0), 'org_1'), 'org_1')).toEqual(Buffer.alloc(0));
  });

  test('opens nothing of another key or another owner', () => {
    const sealed = new Vault(KEY).seal(SECRET, 'org_1');
    expect(() => new Vault(Buffer.alloc(32, 2)).open(sealed, 'org_1')).toThrow();
    expect(() => new Vault(KEY).open(sealed, 'org_2')).toThrow();
  });

  test('opens nothing that was changed in any byte, cut or made longer', () => {
    const vault = new Vault(KEY);
    const sealed = Buffer.from(vault.seal(SECRET, 'org_1'));
    for (let index = 0; index < sealed.length; index++) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      expect(() => vault.open(changed, 'org_1'), `byte ${index}`).toThrow();
      expect(() => vault.open(sealed.subarray(0, index), 'org_1'), `cut to ${index}`).toThrow();
    }
    expect(() => vault.open(Buffer.concat([sealed, Buffer.of(0)]), 'org_1')).toThrow();
  });
});
