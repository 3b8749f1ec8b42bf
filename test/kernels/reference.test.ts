import { ReferenceBackend } from '../../src/kernels/reference-backend.ts';
import { opContract } from './contract.ts';

opContract('the reference backend', () => new ReferenceBackend(), 'float64');
