"""The run that names unreached lines (python -m tests.line_coverage), at its joints."""
import pytest

from .line_coverage import kernel_lines, reasons

C_PAGE = '''
/* "small.pxd":7
 * cdef inline int f(int x) noexcept nogil:             # <<<<<<<<<<<<<<
 *     if x:
 */
static int f(int x) {
  int r;
  /* "small.pxd":8
 * cdef inline int f(int x) noexcept nogil:
 *     if x:             # <<<<<<<<<<<<<<
 */
  if (x) {
    r = 1;
  }
  /* function exit code */
  return r;
}
/* "mlp_c/kernels.pyx":3
 * g = 1             # <<<<<<<<<<<<<<
 */
  g = 1;
'''


def test_lines_of_c_belong_to_the_line_above():
    owners = kernel_lines.owners(C_PAGE)
    of_text = {text.strip(): owners.get(number) for number, text in enumerate(C_PAGE.splitlines(), start=1)}
    assert of_text['static int f(int x) {'] == ('mlp_c/small.pxd', 7)
    assert of_text['if (x) {'] == of_text['r = 1;'] == ('mlp_c/small.pxd', 8)
    assert of_text['g = 1;'] == ('mlp_c/kernels.pyx', 3)
    assert of_text['return r;'] is None


@pytest.mark.parametrize('given, bare, stale', [
    ({}, [3, 9], []),
    ({'page': {'why': ['a = 1', 'a = 1']}}, [], []),
    ({'page': {'why': ['a = 1']}}, [9], []),
    ({'page': {'why': ['a = 1', 'a = 1', 'b = 2']}}, [], ['b = 2']),
    ({'other': {'why': ['a = 1', 'a = 1']}}, [3, 9], ['a = 1', 'a = 1']),
])
def test_each_line_needs_a_reason_and_each_reason_a_line(given, bare, stale):
    named, left = reasons.judged([('page', 3, 'a = 1'), ('page', 9, 'a = 1')], given)
    assert [line for _, line, _, reason in named if reason is None] == bare
    assert [text for _, text, _ in left] == stale


def test_reasons_are_of_lines_that_exist(tmp_path):
    (tmp_path / 'page.py').write_text('a = 1\n', encoding='utf-8')
    assert reasons.misspelt({'page.py': {'why': ['a = 1', 'b = 2']}}, tmp_path) == [('page.py', 'b = 2')]
    assert reasons.misspelt({'gone.py': {'why': ['a = 1']}}, tmp_path) == [('gone.py', 'a = 1')]
    assert reasons.misspelt(reasons.load(), reasons.REASONS.parent.parent.parent) == []


def test_a_level_that_did_not_run_is_what_some_reasons_wait_for():
    given = {'page': {'level v4: four widths': ['a = 1'], 'why': ['b = 2']}}
    assert reasons.that_count(given, ['mlp_c.v3_f64']) == given
    assert reasons.that_count(given, ['mlp_c.v3_f64', 'mlp_c.v4_f64']) == {'page': {'why': ['b = 2']}}
