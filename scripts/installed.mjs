/** Tells whether node_modules holds what package-lock.json asks for. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * npm writes node_modules/.package-lock.json last, and `npm ci` empties node_modules first: where it is, an installation was completed.
 * @param {string} root
 * @returns {boolean}
 */
export function isInstalled(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const present = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || present === undefined) return false;
  if (!existsSync(join(root, 'node_modules', '.bin', 'node'))) return false;
  return Object.entries(wanted).every(([path, entry]) => path === '' || isPresent(entry, present[path]));
}

/**
 * Optional packages are those of other platforms too; absent is normal, another version is not.
 * @param {{version: string, optional?: boolean, devOptional?: boolean}} wanted
 * @param {{version: string} | undefined} present
 */
function isPresent(wanted, present) {
  if (present === undefined) return wanted.optional === true || wanted.devOptional === true;
  return present.version === wanted.version;
}

/**
 * @param {string} path
 * @returns {Record<string, {version: string, optional?: boolean, devOptional?: boolean}> | undefined}
 */
function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
