// Old syntax on purpose: this must run on the Node it refuses.
var major = Number(process.versions.node.split('.')[0])

if (major < 24) {
  console.error(
    'Sallyport needs Node 24 or newer; this is ' +
      process.versions.node +
      ' (' +
      process.execPath +
      ').\n' +
      'In a checkout, `npm ci` installs the right one and `npm start`, `npm test` and `npm run sallyport` use it.',
  )
  process.exit(2)
}
