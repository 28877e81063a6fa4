// An OpenID Connect provider for the tests: node op.mjs SETTINGS.json
//
// The settings name the port, the client and two files: `keys` (made when missing, so that a restart signs as before)
// and `people`, which is read again at every sign-in. Everything else that a provider keeps is lost when it ends.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import Provider from 'oidc-provider';

const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const settings = read(process.argv[2]);

if (!existsSync(settings.keys)) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = randomBytes(8).toString('hex');
  const jwk = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid };
  writeFileSync(settings.keys, JSON.stringify({ jwks: { keys: [jwk] }, cookies: randomBytes(16).toString('hex') }));
}
const keys = read(settings.keys);

const provider = new Provider(settings.issuer, {
  clients: [
    {
      client_id: settings.client_id,
      // "native": a loopback redirect address matches whatever its port (RFC 8252, 7.3).
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: settings.redirect_uris,
      post_logout_redirect_uris: settings.redirect_uris,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
  ],
  jwks: keys.jwks,
  cookies: { keys: [keys.cookies] },
  pkce: { required: () => true },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  // Large providers put the address into the identity token.
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: true } },
  issueRefreshToken: async () => true,
  findAccount: async (_context, login) => {
    const person = read(settings.people)[login];
    return person && { accountId: login, claims: async () => ({ sub: login, ...person }) };
  },
});

provider.listen(settings.port, '127.0.0.1');
