/** Colours of the two pictures; those of the lines are for the LLM, the hybrid and the SLM. */
export const themes = {
  'results.svg': {
    background: 'white',
    strong: '#1f2328',
    text: '#59636e',
    faint: '#e6e8eb',
    line: '#9aa1a9',
    colours: ['#b3541e', '#0f6f8f', '#767e87'],
  },
  'results-dark.svg': {
    background: '#0d1117',
    strong: '#f0f6fc',
    text: '#9198a1',
    faint: '#22282f',
    line: '#59636e',
    colours: ['#f0955a', '#58b9d8', '#9198a1'],
  },
};
