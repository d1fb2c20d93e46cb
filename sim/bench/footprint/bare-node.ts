/*
 * The peer of G11: js-libp2p as it comes with the modules that a Skein node cannot do without, and nothing else: no
 * disk, no API, no vehicle. It gets the compile cache that Skein's executable turns on, too.
 */
import module from 'node:module'

module.enableCompileCache()
// The cache is kept only by a process that ends in good order.
process.once('SIGTERM', () => process.exit())
const [{ createLibp2p }, { gossipsub }, { identify }, { noise }, { tcp }, { yamux }] = await Promise.all([
  import('libp2p'),
  import('@libp2p/gossipsub'),
  import('@libp2p/identify'),
  import('@libp2p/noise'),
  import('@libp2p/tcp'),
  import('@libp2p/yamux'),
])
const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify(), gossip: gossipsub() },
})
console.log(`listening ${node.getMultiaddrs()[0]}`)
