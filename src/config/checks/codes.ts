/** How bad it is: an error refuses the file, a warning fails `check --strict`, an info is only told. */
export type Severity = 'error' | 'warning' | 'info'

/** What a code says of a policy file. */
export interface CodeMeaning {
  readonly severity: Severity
  /** `load`: told whenever the file is read; `check`: only by `sallyport check`, which may take its time. */
  readonly when: 'load' | 'check'
  readonly title: string
  /** What its author can do about it. */
  readonly help: string
}

/** Every code of a problem with a policy file; docs/checks.md has a heading for each. */
export const CHECK_CODES = Object.freeze({
  'invalid-policy': {
    severity: 'error',
    when: 'load',
    title: 'The file is no policy, or a setting is not what it must be.',
    help: 'Do what the message says; docs/policy.md has every setting.',
  },
  'route-tie': {
    severity: 'error',
    when: 'load',
    title: 'Two routes match the same requests.',
    help: 'Make them one route, or give them different methods or hosts.',
  },
  'host-not-served': {
    severity: 'error',
    when: 'load',
    title: 'A route is for a host that `hosts` does not have.',
    help: 'Add the host to `hosts`, or take it from the route.',
  },
  'upstream-itself': {
    severity: 'error',
    when: 'load',
    title: 'An upstream is a listener of this gate.',
    help: 'Write where the API is, or let Sallyport listen on another port.',
  },
  'limit-pointless': {
    severity: 'error',
    when: 'load',
    title: 'A limit of a route could never refuse anything.',
    help: 'Take it away, or the one that is never looser; on a route for everybody count by ip.',
  },
  'cost-unmeetable': {
    severity: 'error',
    when: 'load',
    title: 'A request costs more than a window of its limit holds.',
    help: 'Make the cost smaller or the window larger.',
  },
  'unused-name': {
    severity: 'warning',
    when: 'load',
    title: 'An upstream, limit or authenticator is used nowhere.',
    help: 'Look for a route that should name it, or take it away.',
  },
  'no-effect': {
    severity: 'warning',
    when: 'load',
    title: 'A setting of a limit does nothing without `redis`.',
    help: 'Take it away, or write `redis`.',
  },
  'cost-uncounted': {
    severity: 'warning',
    when: 'load',
    title: 'A route has a cost and no limit to charge it to.',
    help: 'Give the route limits, or take the cost away.',
  },
  'secret-in-file': {
    severity: 'warning',
    when: 'load',
    title: 'A secret stands in the file itself.',
    help: 'Write a reference such as `${env:NAME}` or `${file:PATH}`.',
  },
  'upstream-unverified': {
    severity: 'warning',
    when: 'load',
    title: 'The certificate of an upstream is not verified.',
    help: 'Leave `tls.verify` out, and name the certificate authority with `tls.ca`.',
  },
  'key-expired': {
    severity: 'warning',
    when: 'load',
    title: 'A key has expired.',
    help: 'Issue a new one, and take this one out of the file.',
  },
  'key-expires-soon': {
    severity: 'warning',
    when: 'check',
    title: 'A key expires within 30 days, or what `--expires-within` says.',
    help: 'Issue a new one beside it: docs/keys.md tells how to rotate.',
  },
  'key-without-route': {
    severity: 'warning',
    when: 'check',
    title: 'No route accepts a key.',
    help: 'Look at its `routes`, and at its scopes, roles and org beside `allow` of the routes.',
  },
  'key-placeholder': {
    severity: 'warning',
    when: 'check',
    title: 'The hash of a key is a placeholder, so that nobody has the key.',
    help: 'Run `sallyport keys new`, and write the hash that it prints.',
  },
  'route-for-nobody': {
    severity: 'warning',
    when: 'check',
    title: 'A route asks for a key, and no key of the file passes it.',
    help: 'Look at its `allow` beside the scopes, roles, org and `routes` of the keys, or issue a key.',
  },
  'route-unreachable': {
    severity: 'warning',
    when: 'check',
    title: 'Every request of a route goes to more specific routes.',
    help: 'Take the route away, or those that take its requests.',
  },
  'write-without-auth': {
    severity: 'warning',
    when: 'check',
    title: 'Anybody may send requests that change something.',
    help: 'Ask for a key, or name only the methods that read.',
  },
  'write-only-reported': {
    severity: 'warning',
    when: 'check',
    title: 'Routes that ask for a key let anybody change something, since that is only reported.',
    help: 'Enforce `auth` of these routes as soon as their clients have keys.',
  },
  'credential-over-http': {
    severity: 'warning',
    when: 'check',
    title: 'Credentials or identities go to a distant upstream over plain HTTP.',
    help: 'Write `https://`, or take what is sent away.',
  },
  'limit-never-bites': {
    severity: 'warning',
    when: 'check',
    title: 'Something else always refuses before a limit, or a part of it, does.',
    help: 'Take it away, or make it stricter than what goes before it.',
  },
  'pattern-slow': {
    severity: 'warning',
    when: 'check',
    title: 'A pattern of a body schema may take seconds on one long text.',
    help: 'Write `maxLength` beside it, begin it with `^`, or make its counted repetitions smaller.',
  },
  'pattern-backtracks': {
    severity: 'info',
    when: 'check',
    title: 'A pattern takes exponential time in engines that backtrack; here it does not.',
    help: 'Take one of the two repetitions away if other programs use the same schema.',
  },
  'allow-unknown-code': {
    severity: 'warning',
    when: 'check',
    title: 'A `sallyport-allow` comment names no code that can be silenced.',
    help: 'Write a code of this page that is a warning or an info.',
  },
  'allow-without-reason': {
    severity: 'warning',
    when: 'check',
    title: 'A `sallyport-allow` comment gives no reason, so it silences nothing.',
    help: 'Write `# sallyport-allow CODE: why it is right here`.',
  },
  'allow-unused': {
    severity: 'warning',
    when: 'check',
    title: 'A `sallyport-allow` comment silences nothing.',
    help: 'Take it away, or move it to the line that the problem names, or to the one above.',
  },
  'more-problems': {
    severity: 'warning',
    when: 'load',
    title: 'There are more warnings than are told at once.',
    help: 'Mend those that are told first.',
  },
} as const satisfies Readonly<Record<string, CodeMeaning>>)

export type CheckCode = keyof typeof CHECK_CODES

/** Codes by severity: what refuses a file is told in another way than what does not. */
export type ErrorCode = {
  [C in CheckCode]: (typeof CHECK_CODES)[C]['severity'] extends 'error' ? C : never
}[CheckCode]
export type NoticeCode = Exclude<CheckCode, ErrorCode>

/** Where the documentation tells about a code. */
export function docsOf(code: CheckCode): string {
  return `docs/checks.md#${code}`
}
