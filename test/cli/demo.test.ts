import { describe, expect, it } from 'vitest';
import { failureOf, jsonOf, stdoutOf } from './baton.ts';

describe('demo', () => {
  it('writes three translations of a sentence, and their times', async () => {
    const lines = (await stdoutOf(['demo', 'He fell asleep in front of the TV.'])).split('\n');
    expect(lines.slice(0, 5)).toEqual([
      '  English    He fell asleep in front of the TV.',
      '  LLM alone  Er schlief vor dem Fernseher.',
      '  SLM alone  Er schlief vor dem Fernsehen.',
      '  hybrid     Er schlief vor dem Fernseher ein.',
      '',
    ]);
    expect(lines[5].trim().split(/ {2,}/)).toEqual(['read once', 'first token', 'each token', 'whole sentence']);
    for (const [i, who] of ['LLM alone', 'SLM alone', 'hybrid'].entries()) {
      expect(lines[6 + i]).toMatch(new RegExp(`^  ${who} +(\\d+\\.\\d ms +){3}\\d+\\.\\d ms$`));
    }
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('without a text has sentences of its own; --json gives all there is to know of each', async () => {
    const rounds = await jsonOf(['demo', '--json']);
    expect(rounds.map(({ prompt, hybrid }) => [prompt, hybrid.text])).toEqual([
      ['My sister is a teacher at this school.', 'Meine Schwester ist in dieser Schule Lehrerin.'],
      ['You must not forget your umbrella.', 'Du darfst deinen Regenschirm nicht vergessen.'],
      ['He fell asleep in front of the TV.', 'Er schlief vor dem Fernseher ein.'],
    ]);
    expect(Object.keys(rounds[0])).toEqual(['prompt', 'llm', 'slm', 'hybrid']);
  });

  it('without its weights says where they come from', async () => {
    const { status, line } = await failureOf(['demo', '--weights', 'nowhere']);
    expect(status).toBe(1);
    expect(line).toBe(
      'the weights of the demonstration are not there (in nowhere; hint: they come with the repository, not with the package; --weights DIR says where they are)',
    );
  });
});
