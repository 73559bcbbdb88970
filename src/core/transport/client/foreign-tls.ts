/** Says when something other than a node answers at an address: OpenSSL's own messages help nobody. */

/** What to do about it. */
export const FOREIGN_TLS_ADVICE =
  'Nodes need their own TLS from end to end: let a proxy or load balancer in front pass TCP through as it is, without ending TLS and without the PROXY protocol, or name another address with --advertise.';

/** What answers there, in words; null when the failure is of another kind. */
export function foreignTls(cause: unknown): string | null {
  const { code, message = '' } = cause as { code?: unknown; message?: string };
  if (typeof code !== 'string' || !(code === 'EPROTO' || code.startsWith('ERR_SSL_'))) return null;
  return /wrong.version.number|packet.length|http.request|unexpected.message/i.test(`${code} ${message}`)
    ? 'something answers there that speaks no TLS, such as plain HTTP or another program'
    : 'something answers there with a TLS that is not that of a node, such as a proxy that ends TLS';
}
