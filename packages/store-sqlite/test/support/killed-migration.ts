/**
 * A process that migrates a file and kills itself before the k-th thing it asks of SQLite: `file k [folder]`.
 * Ends with code 0 when the migration is over before that, after printing how many there were.
 */
import { type Connection, openWriteConnection } from '../../src/connection.ts';
import { migrate } from '../../src/migrate.ts';

const [file = '', k = '', folder] = process.argv.slice(2);
let asked = 0;

function mortal(db: Connection): Connection {
  const before = <Rest extends unknown[], Result>(ask: (...rest: Rest) => Result) => {
    return (...rest: Rest): Result => {
      asked++;
      if (asked === Number(k)) process.kill(process.pid, 'SIGKILL');
      return ask(...rest);
    };
  };
  return Object.assign(db, {
    exec: before(db.exec.bind(db)),
    pragma: before(db.pragma.bind(db)),
    prepare: before(db.prepare.bind(db)),
  });
}

migrate(mortal(openWriteConnection(file)), file, folder);
console.log(asked);
