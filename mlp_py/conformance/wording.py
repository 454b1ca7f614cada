"""Every sentence that the judge says, in English and in Korean.

The English ones are those of judge.c, word for word: a test runs both judges on the same ports and compares.
"""

TEXTS = {
    # ---- a line that is no answer
    'nothing behind the ID': ('nothing stands behind the ID', 'ID 뒤에 아무것도 없습니다'),
    'no name': ("expected the name of a field, got '{got}'", "필드 이름이 올 자리에 '{got}'이(가) 있습니다"),
    'no sizes': ('expected rows and columns behind {name}', '{name} 뒤에 행과 열의 수가 없습니다'),
    'no number': ("expected {rows} x {columns} numbers behind {name}, number {at} is '{got}'",
                  "{name} 뒤에 수가 {rows} x {columns}개 와야 하는데 {at}번째가 '{got}'입니다"),
    'too few': ('expected {rows} x {columns} numbers behind {name}, got {at}',
                '{name} 뒤에 수가 {rows} x {columns}개 와야 하는데 {at}개뿐입니다'),
    'field twice': ('the field {name} comes twice', '필드 {name}이(가) 두 번 나옵니다'),
    # ---- a wrong answer
    'skip': ('skip, in a stage that is asked for', '건너뛸 수 없는 단계에서 skip이라고 답했습니다'),
    'refuse': ('refuse, where the arguments are right', '인자가 올바른데 refuse라고 답했습니다'),
    'computed': ('numbers, where the right answer is refuse', '거절(refuse)해야 하는데 수를 계산해 답했습니다'),
    'field missing': ('the field {name} is missing', '필드 {name}이(가) 없습니다'),
    'field unknown': ('the field {name} was not asked for', '필드 {name}은(는) 묻지 않은 것입니다'),
    'shape': ('{name}: expected {rows} x {columns}, got {got_rows} x {got_columns}',
              '{name}의 모양이 {rows} x {columns}이어야 하는데 {got_rows} x {got_columns}입니다'),
    'number': ('{name}, entry [{row}, {column}]   ({wrong} of {size} entries differ)',
               '{name}, 위치 [{row}, {column}]   (값 {size}개 중 {wrong}개가 다름)'),
    # ---- no answer, or not as agreed
    'missing': ('no answer', '답이 없습니다'),
    'late': ('the answer came late: that to a later case came before it',
             '답의 순서가 틀립니다. 뒤 문제의 답이 먼저 나왔습니다'),
    'duplicate': ('a second answer to the same case', '같은 문제에 두 번 답했습니다'),
    'unknown': ('an answer to a case that was not asked', '묻지 않은 문제에 답했습니다'),
    'garbage': ('a line that is no answer', '답이 아닌 줄을 출력했습니다'),
    'previous': ('the answer is the right one to the case before', '바로 앞 문제의 답입니다'),
    'crash': ('the port dies: {status}', '프로그램이 도중에 죽습니다({status})'),
    'hang': ('no answer within the time limit; killed', '제한 시간 안에 답하지 않아 강제로 끝냈습니다'),
    'flood': ('prints without end; killed', '끝없이 출력해서 강제로 끝냈습니다'),
    'status': ('ends with {status}, expected exit status 0', '종료 상태가 0이 아닙니다({status})'),
    'lingers': ('does not end at the end of the input; killed', '입력이 끝나도 프로그램이 끝나지 않아 강제로 끝냈습니다'),
    'once': ('the port dies, but not again when the cases are asked in smaller parts',
             '프로그램이 도중에 죽지만, 문제를 나누어 다시 물으면 죽지 않습니다'),
    'not asked': ('not asked: the port died or hung too often', '프로그램이 너무 자주 죽거나 멈추어 묻지 못했습니다'),
    # ---- a Python port
    'lacks': ('the port lacks {name}', '다음 함수가 없습니다. {name}'),
    'init': ('set_hidden and init_model make other widths or draw other numbers than the lecture',
             'set_hidden과 init_model이 만드는 폭이나 뽑는 난수가 강의와 다릅니다'),
    'raises': ('raises {error}', '예외가 발생합니다. {error}'),
}

RELATIONS = {
    'nan': ('every entry is NaN', '모든 값이 NaN입니다'),
    'zero': ('every entry is 0', '모든 값이 0입니다'),
    'minus': ('every entry is minus the expected one', '모든 값이 기대한 값과 부호만 반대입니다'),
    'twice': ('every entry is twice the expected one', '모든 값이 기대한 값의 두 배입니다'),
    'half': ('every entry is half the expected one', '모든 값이 기대한 값의 절반입니다'),
    'transposed': ('it is the transpose of the expected array', '기대한 배열을 전치한 것입니다'),
}

FRAME = {
    'stage': ('stage', '단계'), 'cases': ('cases', '문제'), 'right': ('right', '맞음'), 'wrong': ('wrong', '틀림'),
    'refused': ('refused', '거절'), 'skipped': ('skipped', '건너뜀'), 'worst': ('worst', '최대비율'),
    'all': ('all', '전체'),
    'once only': ('{text} ({where})', '{text} ({where})'),
    'times': ('{text} ({n} times, first {where})', '{text} ({n}번, 처음은 {where})'),
    'first failure': ('first failure', '첫 번째로 틀린 문제'),
    'case': ('case:      ', '문제:      '), 'about': ('about:     ', '설명:      '), 'what': ('what:      ', '대상:      '),
    'model': ('model:     ', '모델:      '),
    'expected': ('expected:  ', '기대한 값: '), 'got': ('got:       ', '나온 값:   '),
    'relation': ('relation:  ', '관계:      '), 'stderr': ('stderr:    ', 'stderr:    '),
    'within': ('{value} within {bound}', '{value}, 오차 {bound} 이내'),
    'unknown fault': ('diagnosis: unknown: none of the mistakes on record gives these answers',
                      '진단:      알 수 없습니다. 알려진 실수 가운데 이런 결과를 내는 것이 없습니다.'),
    'other stages': ('           the other stages may tell more: ask for all of them',
                     '           다른 단계까지 모두 물어보면 알 수 있을지도 모릅니다.'),
    'fault': ('diagnosis: = what comes out when {text}',
              '진단:      다음 실수를 했을 때 나오는 결과와 똑같습니다. {text}'),
    'part of a fault': ('diagnosis: unknown as a whole; a part of it: {text}',
                        '진단:      전체 원인은 알 수 없지만, 그 일부는 다음과 같습니다. {text}'),
    'in part': ('in part: {text}', '일부: {text}'),
    'passed': ('Right in every case of the stages asked for.', '물어본 단계의 모든 문제를 맞혔습니다.'),
    'failed': ('NOT right.', '틀린 곳이 있습니다.'),
    'exit status': ('exit status {n}', '종료 상태 {n}'), 'signal': ('signal {n}', '신호 {n}'),
    'signal in the shell': ('exit status {n} (signal {signal})', '종료 상태 {n}(신호 {signal})'),
    # ---- the report over a folder
    'file': ('file', '파일'), 'state': ('status', '상태'), 'stages right': ('stages right', '맞힌 단계'),
    'worst ratio': ('worst ratio', '최대 비율'), 'first': ('first failure', '첫 번째로 틀린 곳'),
    'diagnosis': ('diagnosis', '진단'),
    'unusable': ('cannot be loaded', '불러올 수 없음'), 'too long': ('too long', '시간 초과'),
    'gone': ('ended by itself', '스스로 끝남'),
    'too long text': ('not done within {seconds} s; killed', '{seconds}초 안에 끝나지 않아 강제로 끝냈습니다'),
    'gone text': ('the process ended by itself: {status}', '실행 중에 프로세스가 스스로 끝났습니다({status})'),
    'report done': ('{path}: {right} of {n} hand-ins right', '{path}: 제출 {n}개 중 {right}개가 맞음'),
}

SENTENCES = {**FRAME, **TEXTS}


class Speaker:
    """Says a sentence by its key, in one language."""

    def __init__(self, korean=False):
        self.korean = korean

    def __call__(self, key, **values):
        return SENTENCES[key][self.korean].format(**values)

    def problem(self, problem):
        """The sentence of a Problem."""
        values = dict(problem.values)
        if 'status' in values:
            values['status'] = self.status(values['status'])
        return self(problem.key, **values)

    def relation(self, key):
        return RELATIONS[key][self.korean]

    def status(self, returncode):
        """'exit status 3', 'signal 11'; a negative number is a signal, as `subprocess` counts."""
        if 128 < returncode < 160:          # how a shell tells of the signal that its command got
            return self('signal in the shell', n=returncode, signal=returncode - 128)
        return self('signal', n=-returncode) if returncode < 0 else self('exit status', n=returncode)


def number(value):
    """A number in as few digits as read back exactly, as judge.c prints it."""
    text = ''
    for digits in range(1, 18):
        text = f'{value:.{digits}g}'
        if float(text) == value or value != value:
            break
    return text


def shortened(text, most=100):
    """A long line without its middle."""
    return text if len(text) <= most else f'{text[:most - 23]} ... {text[-18:]}'
