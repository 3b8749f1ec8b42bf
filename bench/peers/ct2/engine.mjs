/** CTranslate2, from the folder that convert.py writes. */
import { openPython } from '../python.mjs';

export const open = (row) => openPython('ct2', row);
