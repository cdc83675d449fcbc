/** Codes of what fails behind the checks, and in Sallyport itself: see codes.ts. */
export const GATE_CODES = {
  // The upstream
  circuit_open: {
    status: 503,
    title: 'The service is recovering.',
    help: 'The upstream failed too often; the circuit lets a trial request through after `circuit.open_for`.',
  },
  upstream_unreachable: {
    status: 502,
    title: 'The service cannot be reached.',
    help: 'Refused, reset, not resolved, or its certificate was not accepted.',
  },
  upstream_timeout: {
    status: 504,
    title: 'The service did not answer in time.',
    help: 'See `timeout` of the upstream: connect, response, idle.',
  },
  upstream_reply_invalid: {
    status: 502,
    title: 'The service gave an unusable answer.',
    help: 'The upstream broke HTTP: odd framing, endless headers, an unasked upgrade.',
  },

  // admin
  admin_token_invalid: {
    status: 401,
    title: 'A valid token is required.',
    help: 'The admin API was asked without its token or with another one; after ten wrong ones in a minute the address has to wait. See `admin.token`.',
  },
  policy_refused: {
    status: 409,
    title: 'The policy file is refused, the old policy stays.',
    help: 'The admin API was told to reload a file that cannot be used; `problems` in the reply name line and column.',
  },
  policy_changed: {
    status: 412,
    title: 'Another policy is in force.',
    help: 'The reload named a hash in `if-match` that is not the one in force: somebody was quicker. Look at `GET /policy` first.',
  },
  policy_text_refused: {
    status: 409,
    title: 'The policy file holds the token itself.',
    help: 'The admin API shows no file that holds its own token. Write a reference such as `${env:SALLYPORT_ADMIN_TOKEN}`.',
  },

  // Sallyport itself
  overloaded: {
    status: 503,
    title: 'The gate is busy.',
    help: 'More connections or memory than the bounds allow. See `server`.',
  },
  draining: {
    status: 503,
    title: 'The gate is shutting down.',
    help: 'A SIGTERM came; send the request to another replica.',
  },
  client_closed: {
    status: 499,
    title: 'The client went away.',
    help: 'Never sent: it marks, in audit and metrics, a request whose client left before the reply.',
  },
  internal: {
    status: 500,
    title: 'The gate failed.',
    help: 'An unexpected error in the gate itself. It refuses, and logs the error with the request id.',
  },
} as const
