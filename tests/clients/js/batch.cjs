#!/usr/bin/env node
// What the real tuf-js says about many repositories, in one process.
//
//     node batch.cjs FOLDER NODE_MODULES
//
// As python/batch.py: FOLDER/cases.json lists the cases, each is FOLDER/<name>/{metadata,
// targets}. A fresh Updater starts from 1.root.json, refreshes, loads every delegated
// role that is published and downloads every target whose file is there. Prints one line
// a case: NAME TAB accepts|stale|refuses TAB reason.
'use strict'
const fs = require('fs')
const os = require('os')
const path = require('path')

const [folder, modules] = process.argv.slice(2)
const { BaseFetcher, Updater } = require(path.join(modules, 'tuf-js'))
const { DownloadHTTPError } = require(path.join(modules, 'tuf-js', 'dist', 'error.js'))

class Folder extends BaseFetcher {
  constructor (folder) {
    super()
    this.folder = folder
  }

  async fetch (url) {
    const file = path.join(this.folder, decodeURIComponent(new URL(url).pathname))
    if (!fs.existsSync(file)) {
      throw new DownloadHTTPError('not found', 404)
    }
    return new Blob([fs.readFileSync(file)]).stream()
  }
}

async function delegated (updater, parent, seen) {
  const delegations = updater.trustedSet.getRole(parent).signed.delegations
  const roles = Object.keys((delegations && delegations.roles) || {})
  for (const role of roles) {
    if (!seen.has(role) && `${role}.json` in updater.trustedSet.snapshot.signed.meta) {
      seen.add(role)
      await updater.loadTargets(role, parent)
      await delegated(updater, role, seen)
    }
  }
}

async function judge (folder) {
  const newest = Math.max(...fs.readdirSync(path.join(folder, 'metadata'))
    .filter(name => /^[0-9]+\.root\.json$/.test(name)).map(name => parseInt(name)))
  const cache = fs.mkdtempSync(path.join(os.tmpdir(), 'tuf-js-'))
  try {
    fs.copyFileSync(path.join(folder, 'metadata', '1.root.json'), path.join(cache, 'root.json'))
    const updater = new Updater({
      metadataDir: cache,
      metadataBaseUrl: 'http://folder/metadata/',
      targetDir: cache,
      targetBaseUrl: 'http://folder/targets/',
      fetcher: new Folder(folder)
    })
    await updater.refresh()
    const root = updater.trustedSet.root.signed.version
    if (root < newest) {
      return ['stale', `root ${root} of ${newest}`]
    }
    try {
      await delegated(updater, 'targets', new Set())
    } catch (error) {
      if (!/not found/.test(error.message)) throw error // a role that is not published is not needed
    }
    for (const target of Object.values(updater.trustedSet.targets.signed.targets)) {
      if (fs.existsSync(path.join(folder, 'targets', target.path))) {
        await updater.downloadTarget(target, path.join(cache, 'target'))
      }
    }
    return ['accepts', 'refreshed']
  } catch (error) {
    return ['refuses', `${error.name}: ${error.message}`.replace(/\s+/g, ' ').slice(0, 200)]
  } finally {
    fs.rmSync(cache, { recursive: true })
  }
}

async function main () {
  for (const { name } of JSON.parse(fs.readFileSync(path.join(folder, 'cases.json')))) {
    const said = await judge(path.join(folder, name.replaceAll('/', '_')))
    process.stdout.write([name, ...said].join('\t') + '\n')
  }
}

main()
