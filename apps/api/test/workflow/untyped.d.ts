/** What the tests use of packages and files that come without types. */

declare module 'jsdom' {
  interface DomElement {
    readonly textContent: string;
    readonly className: string;
    querySelector(selector: string): DomElement | null;
    querySelectorAll(selector: string): Iterable<DomElement>;
    click(): void;
  }

  export class JSDOM {
    constructor(html: string, options: { readonly url: string });
    readonly window: {
      readonly document: { readonly body: DomElement };
      close(): void;
    };
  }
}

declare module 'react' {
  type Component = (props: never) => unknown;
  export function createElement(component: Component | string, props: object | null, ...children: unknown[]): object;
  export const useState: unknown;
}

declare module 'react-dom/client' {
  export function createRoot(container: object): { render(element: object): void; unmount(): void };
}

declare module '*/session-events.jsx' {
  export function SessionEvents(props: { readonly sessionId: string }): unknown;
}

declare module '*/event-log.jsx' {
  export function EventLog(props: { readonly sessionId: string }): unknown;
}

declare module '*/progress-bar.js' {
  export function updateProgressBar(sessionId: string): Promise<void>;
}

declare module '*/error-toast.js' {
  export function checkForErrors(sessionId: string, lastCheckTimestamp: string): Promise<void>;
}
