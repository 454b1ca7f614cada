/* The judge of the conformance kit, for those who have no Python. One file, C99 and POSIX, no libraries.

       cc -std=c99 -D_POSIX_C_SOURCE=200809L -O2 -o judge judge.c -lm
       ./judge --kit FOLDER --port 'COMMAND' [--dtype float32] [--stage NAME]... [--seconds S]

   FOLDER holds cases.txt, expected.txt and fingerprints.txt; what a port is asked is written in SPEC.md. The judge does
   and prints what `python -m mlp_py check --port 'COMMAND'` does and prints, but for the line about the case. Exit
   status: 0 every case is right, 1 not, 2 wrong usage.

   Sections: words, the kit, one answer, one run of the port, all its runs, printing, the diagnosis, main. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    PIECE = 65536,          /* bytes a read or a write */
    LONGEST = 1 << 22,      /* bytes of a line of the port: more is printing without end */
    IDLE = 1000,            /* lines that answer nothing, beyond ten a case: more is printing without end */
    DEATHS = 100,           /* runs that end badly, then it is given up */
    HANGS = 10              /* of these, runs that last as long as the time limit */
};

/* ---- words ------------------------------------------------------------------------------------------------------ */

static void *need(void *memory) {
    if (!memory) { fprintf(stderr, "judge: out of memory\n"); exit(2); }
    return memory;
}

static void *grown(void *memory, size_t count, size_t size) {   /* room for `count` entries, doubled when it is full */
    return count & (count - 1) ? memory : need(realloc(memory, (count ? 2 * count : 1) * size));
}

static char *text(const char *form, ...) {                      /* a new string */
    va_list values, again;
    va_start(values, form);
    va_copy(again, values);
    int size = vsnprintf(NULL, 0, form, values);
    char *made = need(malloc((size_t)size + 1));
    vsnprintf(made, (size_t)size + 1, form, again);
    va_end(values);
    va_end(again);
    return made;
}

typedef struct { char **at; int count; } Words;

static Words split(const char *line) {                          /* at spaces; the words are copies */
    Words words = {NULL, 0};
    char *copy = text("%s", line);
    for (char *word = strtok(copy, " \t\r\n\v\f"); word; word = strtok(NULL, " \t\r\n\v\f")) {
        words.at = grown(words.at, (size_t)words.count, sizeof *words.at);
        words.at[words.count++] = word;
    }
    if (!words.count) free(copy);
    return words;
}

static void release(Words words) {                              /* the first word begins the copy, or spaces do */
    free(words.at);
}

static char *shortened(const char *line) {
    size_t length = strlen(line);
    return length <= 100 ? text("%s", line) : text("%.77s ... %s", line, line + length - 18);
}

static const char *number(double value) {                       /* in as few digits as read back exactly */
    static char made[4][40];
    static int turn;
    char *to = made[turn++ % 4];
    if (isnan(value)) return "nan";
    for (int digits = 1; digits < 18; digits++) {
        snprintf(to, sizeof made[0], "%.*g", digits, value);
        if (strtod(to, NULL) == value) break;
    }
    return to;
}

/* ---- the kit ---------------------------------------------------------------------------------------------------- */

typedef struct {
    char *name;
    int optional, rows, columns;
    double *value, *mag;
    char *is_signed;            /* the sign of this zero counts */
} Field;

typedef struct {
    char *id, *stage, *op, *line, *result;
    int count;
    Field *field;
} Case;

static const char *dtype = "float64";
static Case *cases;
static int case_count;

static char *read_line(FILE *file) {                            /* without its end; NULL at the end of the file */
    size_t length = 0, size = 4096;
    char *line = need(malloc(size));
    for (int c; (c = getc(file)) != EOF; line[length++] = (char)c) {
        if (length + 1 == size) line = need(realloc(line, size *= 2));
        if (c == '\n') return line[length] = 0, line;
    }
    if (length) return line[length] = 0, line;
    free(line);
    return NULL;
}

static FILE *open_kit(const char *kit, const char *name) {
    char *path = text("%s/%s", kit, name);
    FILE *file = fopen(path, "r");
    if (!file) { fprintf(stderr, "judge: %s: %s\n", path, strerror(errno)); exit(2); }
    free(path);
    return file;
}

static double of_bits(const char *digits, int count) {          /* 16 digits of a double, 8 of a float */
    char copy[17] = {0};
    memcpy(copy, digits, (size_t)count);
    uint64_t wide = strtoull(copy, NULL, 16);
    uint32_t narrow = (uint32_t)wide;
    double value;
    float small;
    memcpy(&value, &wide, sizeof value);
    memcpy(&small, &narrow, sizeof small);
    return count == 16 ? value : small;
}

static void read_token(const char *token, Field *field, int k) {    /* HEX, HEX~MAG or nan */
    const char *mag = strchr(token, '~');
    field->value[k] = strcmp(token, "nan") ? of_bits(token, (int)(mag ? (size_t)(mag - token) : strlen(token))) : NAN;
    field->mag[k] = mag ? strtod(mag + 1, NULL) : 0;
    field->is_signed[k] = mag && field->value[k] == 0 && field->mag[k] == 0;
}

static void read_expected(Case *one, Words words) {             /* ID RESULT DTYPE NAME[?] ROWS COLUMNS TOKEN ... */
    one->result = words.at[1];
    for (int at = 3; at + 2 < words.count; one->count++) {
        one->field = grown(one->field, (size_t)one->count, sizeof *one->field);
        Field *field = &one->field[one->count];
        char *mark = strchr(field->name = words.at[at], '?');
        field->optional = mark != NULL;
        if (mark) *mark = 0;
        field->rows = atoi(words.at[at + 1]);
        field->columns = atoi(words.at[at + 2]);
        int size = field->rows * field->columns;
        field->value = need(calloc((size_t)size + 1, sizeof(double)));
        field->mag = need(calloc((size_t)size + 1, sizeof(double)));
        field->is_signed = need(calloc((size_t)size + 1, 1));
        for (int k = 0; k < size; k++) read_token(words.at[at + 3 + k], field, k);
        at += 3 + size;
    }
}

static char **other_dtype;      /* IDs of cases that are for another dtype */
static int other_count;

static char *stage_of(const char *id) { return text("%.*s", (int)strcspn(id, "/"), id); }

static int among(char **names, int count, const char *name) {
    for (int k = 0; k < count; k++)
        if (!strcmp(names[k], name)) return 1;
    return 0;
}

/* Case by case from both files, which have one order; those of other stages or for another dtype are left out. */
static void read_kit(const char *kit, char **stages, int stage_count) {
    FILE *given = open_kit(kit, "cases.txt"), *expected = open_kit(kit, "expected.txt");
    for (char *line, *right; ; ) {
        while ((line = read_line(given)) && (*line == '#' || !*line)) free(line);
        while ((right = read_line(expected)) && (*right == '#' || !*right)) free(right);
        if (!line || !right) break;
        Words ask = split(line), words = split(right);
        if (ask.count < 2 || words.count < 3 || strcmp(ask.at[0], words.at[0])) {
            fprintf(stderr, "judge: cases.txt and expected.txt do not fit together at %.40s\n", line);
            exit(2);
        }
        Case one = {ask.at[0], stage_of(ask.at[0]), ask.at[1], line, NULL, 0, NULL};
        if (strcmp(words.at[2], "any") && strcmp(words.at[2], dtype)) {
            other_dtype = grown(other_dtype, (size_t)other_count, sizeof *other_dtype);
            other_dtype[other_count++] = one.id;
            continue;
        }
        if (stage_count && !among(stages, stage_count, one.stage)) continue;
        read_expected(&one, words);
        cases = grown(cases, (size_t)case_count, sizeof *cases);
        cases[case_count++] = one;
    }
    fclose(given);
    fclose(expected);
}

/* ---- one answer ------------------------------------------------------------------------------------------------- */

typedef struct {
    int refuse, skip, count;
    Field *field;               /* name, rows, columns, value */
    char *malformed;            /* why it is no answer, or NULL */
} Answer;

typedef enum { RIGHT, WRONG, SKIPPED } Status;

typedef struct {
    Status status;
    int refused;
    double ratio;               /* the largest |g - e| / (2 u mag); below 0 where there is none */
    char *problem;
    int has_numbers;            /* expected, bound, got tell of the first wrong entry */
    double expected, bound, got;
    const char *relation;
} Verdict;

static int same_letters(const char *word, const char *lower) {
    for (; *word && *lower; word++, lower++)
        if (tolower((unsigned char)*word) != *lower) return 0;
    return *word == *lower;
}

static int is_number(const char *word) {
    if (*word == 'x') {
        size_t digits = strspn(word + 1, "0123456789abcdefABCDEF");
        return !word[1 + digits] && digits == (strcmp(dtype, "float32") ? 16 : 8);
    }
    if (*word == '+' || *word == '-') word++;
    if (same_letters(word, "nan") || same_letters(word, "inf") || same_letters(word, "infinity")) return 1;
    size_t whole = strspn(word, "0123456789"), part = 0;
    word += whole;
    if (*word == '.') word += 1 + (part = strspn(word + 1, "0123456789"));
    if (whole + part == 0) return 0;
    if (*word == 'e' || *word == 'E') {
        word++;
        if (*word == '+' || *word == '-') word++;
        size_t digits = strspn(word, "0123456789");
        return digits && !word[digits];
    }
    return !*word;
}

static double number_of(const char *word) {     /* in float32, nine digits stand for the float nearest to them */
    double value = *word == 'x' ? of_bits(word + 1, (int)strlen(word + 1)) : strtod(word, NULL);
    return strcmp(dtype, "float32") ? value : (float)value;
}

static int is_name(const char *word) {
    if (!isalpha((unsigned char)*word) && *word != '_') return 0;
    while (isalnum((unsigned char)*word) || *word == '_') word++;
    return !*word;
}

static int is_size(const char *word) {
    size_t digits = strspn(word, "0123456789");
    return digits && digits < 8 && !word[digits];
}

static Field *find(Field *field, int count, const char *name) {
    for (int k = 0; k < count; k++)
        if (!strcmp(field[k].name, name)) return &field[k];
    return NULL;
}

static Answer read_answer(Words words) {        /* words.at[0] is the ID */
    Answer answer = {0, 0, 0, NULL, NULL};
    answer.refuse = words.count == 2 && !strcmp(words.at[1], "refuse");
    answer.skip = words.count == 2 && !strcmp(words.at[1], "skip");
    if (words.count < 2) answer.malformed = "nothing stands behind the ID";
    if (words.count < 2 || answer.refuse || answer.skip) return answer;
    for (int at = 1; at < words.count; answer.count++) {
        char *name = words.at[at];
        if (!is_name(name)) return answer.malformed = text("expected the name of a field, got '%s'", name), answer;
        if (find(answer.field, answer.count, name))
            return answer.malformed = text("the field %s comes twice", name), answer;
        if (at + 2 >= words.count || !is_size(words.at[at + 1]) || !is_size(words.at[at + 2]))
            return answer.malformed = text("expected rows and columns behind %s", name), answer;
        Field field = {name, 0, atoi(words.at[at + 1]), atoi(words.at[at + 2]), NULL, NULL, NULL};
        long size = (long)field.rows * field.columns, got = words.count - at - 3;
        for (long k = 0; k < size && k < got; k++)
            if (!is_number(words.at[at + 3 + k]))
                return answer.malformed = text("expected %d x %d numbers behind %s, number %ld is '%s'", field.rows,
                                               field.columns, name, k + 1, words.at[at + 3 + k]), answer;
        if (got < size)
            return answer.malformed = text("expected %d x %d numbers behind %s, got %ld", field.rows, field.columns,
                                           name, got), answer;
        field.value = need(calloc((size_t)size + 1, sizeof(double)));
        for (long k = 0; k < size; k++) field.value[k] = number_of(words.at[at + 3 + k]);
        answer.field = grown(answer.field, (size_t)answer.count, sizeof field);
        answer.field[answer.count] = field;
        at += 3 + (int)size;
    }
    return answer;
}

static double unit(void) { return strcmp(dtype, "float32") ? ldexp(1, -53) : ldexp(1, -24); }

/* Is `got` the number `factor` times the expected one? */
static int is_right(double got, const Field *right, int k, double factor) {
    double e = factor * right->value[k], bound = 2 * unit() * fabs(factor) * right->mag[k];
    if (right->is_signed[k] && got == 0 && factor == 1) return !signbit(got) == !signbit(e);
    return got == e || (isnan(got) && isnan(e)) || (isfinite(e) && fabs(got - e) <= bound);
}

static const char *relation(const Field *got, const Field *right) {
    static const struct { double factor; const char *words; } RATIO[] = {
        {-1, "every entry is minus the expected one"}, {2, "every entry is twice the expected one"},
        {0.5, "every entry is half the expected one"}};
    int size = right->rows * right->columns, got_size = got->rows * got->columns, k, nans = 0, right_nans = 0;
    for (k = 0; k < got_size; k++) nans += isnan(got->value[k]);
    for (k = 0; k < size; k++) right_nans += isnan(right->value[k]);
    if (got_size && nans == got_size && right_nans < size) return "every entry is NaN";
    int same = got->rows == right->rows && got->columns == right->columns;
    if (same) {
        int zeros = 0, right_zeros = 0;
        for (k = 0; k < size; k++) {
            if (!isfinite(got->value[k]) || !isfinite(right->value[k])) return NULL;
            zeros += got->value[k] == 0;
            right_zeros += right->value[k] == 0;
        }
        if (right_zeros == size) return NULL;
        if (zeros == size) return "every entry is 0";
        for (int r = 0; r < 3; r++) {
            for (k = 0; k < size && is_right(got->value[k], right, k, RATIO[r].factor); k++) {}
            if (k == size) return RATIO[r].words;
        }
    }
    if (got->rows != right->columns || got->columns != right->rows || size < 2) return NULL;
    for (k = 0; k < size; k++)
        if (!is_right(got->value[k % right->columns * right->rows + k / right->columns], right, k, 1)) return NULL;
    return "it is the transpose of the expected array";
}

static void compare(const Field *got, const Field *right, Verdict *verdict) {
    if (got->rows != right->rows || got->columns != right->columns) {
        if (verdict->problem) return;
        verdict->problem = text("%s: expected %d x %d, got %d x %d", right->name, right->rows, right->columns,
                                got->rows, got->columns);
        verdict->relation = relation(got, right);
        return;
    }
    int size = right->rows * right->columns, wrong = 0, first = -1;
    for (int k = 0; k < size; k++) {
        double bound = 2 * unit() * right->mag[k], error = fabs(got->value[k] - right->value[k]);
        if (bound > 0 && isfinite(error) && error / bound > verdict->ratio) verdict->ratio = error / bound;
        if (is_right(got->value[k], right, k, 1)) continue;
        if (!wrong++) first = k;
    }
    if (!wrong || verdict->problem) return;
    verdict->problem = text("%s, entry [%d, %d]   (%d of %d entries differ)", right->name, first / right->columns,
                            first % right->columns, wrong, size);
    verdict->has_numbers = 1;
    verdict->expected = right->value[first];
    verdict->bound = 2 * unit() * right->mag[first];
    verdict->got = got->value[first];
    verdict->relation = relation(got, right);
}

static int may_be_left_out(const char *op, const char *name) {     /* by SPEC, whether the kit holds it or not */
    const char *stem = !strcmp(op, "forward") ? "hidden" : !strcmp(op, "gradients") ? "G_hidden"
                     : !strcmp(op, "steps") ? "output" : NULL;
    if (!strcmp(op, "gradients") && !strcmp(name, "G_x")) return 1;
    if (!stem || strncmp(name, stem, strlen(stem))) return 0;
    name += strlen(stem);
    return *name && !name[strspn(name, "0123456789")];
}

static Verdict judge(const Case *one, const Answer *answer, int may_skip) {
    Verdict verdict = {RIGHT, answer->refuse, -1, NULL, 0, 0, 0, 0, NULL};
    if (answer->malformed) {
        verdict.problem = answer->malformed;
    } else if (answer->skip) {
        verdict.status = SKIPPED;
        if (!may_skip) verdict.problem = "skip, in a stage that is asked for";
    } else if (answer->refuse) {
        if (!strcmp(one->result, "valid")) verdict.problem = "refuse, where the arguments are right";
    } else if (!strcmp(one->result, "invalid")) {
        verdict.problem = "numbers, where the right answer is refuse";
    } else {
        for (int k = 0; k < one->count; k++) {
            Field *got = find(answer->field, answer->count, one->field[k].name);
            if (got) compare(got, &one->field[k], &verdict);
            else if (!one->field[k].optional && !verdict.problem)
                verdict.problem = text("the field %s is missing", one->field[k].name);
        }
        for (int k = 0; k < answer->count && !verdict.problem; k++) {
            const char *name = answer->field[k].name;
            if (!find(one->field, one->count, name) && !may_be_left_out(one->op, name))
                verdict.problem = text("the field %s was not asked for", name);
        }
    }
    if (verdict.problem) verdict.status = WRONG;
    return verdict;
}

/* ---- one run of the port ---------------------------------------------------------------------------------------- */

typedef enum { EXIT, HANG, FLOOD, LINGERS } Ended;

typedef struct {
    char **line;                /* what it printed, as far as it is no remark */
    int count, status;          /* status: a signal is negative */
    Ended ended;
    char error[1001];           /* the end of what it wrote to stderr */
} Session;

typedef struct {                /* the output while it is read; [begin, end) are the cases that were given */
    Session *session;
    char *rest, *is_open;
    size_t length, size;
    int begin, end, open;
    long idle;
} Output;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int case_of(const char *id) {            /* its number, or -1 */
    static int last;
    for (int tried = 0; tried < case_count; tried++, last++)    /* answers come in order: begin at the last one */
        if (!strcmp(cases[last %= case_count].id, id)) return last;
    return -1;
}

static int take_line(Output *output, char *line) {      /* returns whether it answers an open case */
    output->idle++;
    if (*line == '#') return free(line), 0;
    Session *session = output->session;
    session->line = grown(session->line, (size_t)session->count, sizeof(char *));
    session->line[session->count++] = line;
    Words words = split(line);
    int k = words.count ? case_of(words.at[0]) : -1;
    release(words);
    if (k < output->begin || k >= output->end || !output->is_open[k - output->begin]) return 0;
    output->is_open[k - output->begin] = 0;
    output->open--;
    output->idle--;
    return 1;
}

static int take(Output *output, const char *piece, size_t length) {
    int answered = 0;
    for (size_t k = 0; k < length; k++) {
        if (output->length + 1 >= output->size) output->rest = need(realloc(output->rest, output->size += PIECE));
        if (piece[k] != '\n') { output->rest[output->length++] = piece[k]; continue; }
        output->rest[output->length] = 0;
        answered += take_line(output, text("%s", output->rest));
        output->length = 0;
    }
    return answered;
}

static void keep_error(Session *session, const char *piece, size_t length) {
    size_t have = strlen(session->error), most = sizeof session->error - 1;
    for (size_t k = 0; k < length; k++) {
        if (have == most) memmove(session->error, session->error + 1, have--);
        if (piece[k]) session->error[have++] = piece[k], session->error[have] = 0;
    }
}

static pid_t start(const char *command, int *in, int *out, int *err) {
    int pipes[3][2];
    for (int k = 0; k < 3; k++)
        if (pipe(pipes[k])) { perror("judge: pipe"); exit(2); }
    pid_t child = fork();
    if (child < 0) { perror("judge: fork"); exit(2); }
    if (!child) {
        setsid();               /* a process group of its own, to be killed with all its children */
        signal(SIGPIPE, SIG_DFL);
        dup2(pipes[0][0], 0);
        dup2(pipes[1][1], 1);
        dup2(pipes[2][1], 2);
        for (int k = 0; k < 6; k++) close(pipes[k / 2][k % 2]);
        execl("/bin/sh", "/bin/sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(pipes[0][0]); close(pipes[1][1]); close(pipes[2][1]);
    *in = pipes[0][1]; *out = pipes[1][0]; *err = pipes[2][0];
    for (int k = 0; k < 3; k++) {
        int fd = k == 0 ? *in : k == 1 ? *out : *err;
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    return child;
}

/* Waits for its end until the deadline; returns 0 where it does not come. */
static int ended(pid_t child, double deadline, int *status) {
    int raw;
    while (waitpid(child, &raw, WNOHANG) == 0) {
        if (now() > deadline) return 0;
        poll(NULL, 0, 2);
    }
    *status = WIFSIGNALED(raw) ? -WTERMSIG(raw) : WEXITSTATUS(raw);
    return 1;
}

static Session run(const char *command, int begin, int end, double seconds) {
    Session session = {NULL, 0, 0, EXIT, ""};
    Output output = {&session, NULL, need(malloc((size_t)(end - begin) + 1)), 0, 0, begin, end, end - begin, 0};
    memset(output.is_open, 1, (size_t)(end - begin));
    int in, out, err, next = begin;
    size_t written = 0;         /* of the line of case `next`, its end included */
    pid_t child = start(command, &in, &out, &err);
    double deadline = now() + seconds;
    static char piece[PIECE];
    while (out >= 0) {
        if (now() >= deadline) { session.ended = output.open ? HANG : LINGERS; break; }
        struct pollfd fds[3] = {{in, POLLOUT, 0}, {out, POLLIN, 0}, {err, POLLIN, 0}};
        poll(fds, 3, (int)(1000 * (deadline - now())) + 1);
        if (in >= 0 && fds[0].revents) {
            ssize_t done = 0;
            while (next < end) {
                size_t length = strlen(cases[next].line);
                done = written < length ? write(in, cases[next].line + written, length - written) : write(in, "\n", 1);
                if (done < 0) break;
                if (written == length) next++, written = 0; else written += (size_t)done;
            }
            if (next == end || (done < 0 && errno != EAGAIN && errno != EINTR)) close(in), in = -1;
        }
        if (err >= 0 && fds[2].revents) {
            ssize_t length = read(err, piece, sizeof piece);
            if (length > 0) keep_error(&session, piece, (size_t)length);
            else if (length == 0) close(err), err = -1;
        }
        if (fds[1].revents) {
            ssize_t length = read(out, piece, sizeof piece);
            if (length > 0 && take(&output, piece, (size_t)length)) deadline = now() + seconds;
            else if (length == 0) close(out), out = -1;
        }
        if (output.idle > IDLE + 10L * (end - begin) || output.length > LONGEST) { session.ended = FLOOD; break; }
    }
    if (in >= 0) close(in);
    int in_time = session.ended == EXIT && ended(child, deadline, &session.status);
    /* A last line without its end: of a port that died, half an answer. */
    if (output.length && session.ended == EXIT && !(in_time && session.status)) take(&output, "\n", 1);
    if (!in_time) {
        if (session.ended == EXIT) session.ended = output.open ? HANG : LINGERS;
        kill(-child, SIGKILL);
        waitpid(child, NULL, 0);
        session.status = -SIGKILL;
    }
    kill(-child, SIGKILL);      /* what it has started and left behind */
    if (out >= 0) close(out);
    if (err >= 0) {
        ssize_t length = read(err, piece, sizeof piece);
        if (length > 0) keep_error(&session, piece, (size_t)length);
        close(err);
    }
    free(output.rest);
    free(output.is_open);
    return session;
}

/* ---- all its runs: which answer belongs to which case ----------------------------------------------------------- */

typedef enum {
    MISSING, LATE, DUPLICATE, UNKNOWN, GARBAGE, CRASH, HUNG, FLOODS, STATUS, STAYS, ONCE, NOT_ASKED, PREVIOUS
} Kind;

static const char *const SAID[] = {
    "no answer", "the answer came late: that to a later case came before it", "a second answer to the same case",
    "an answer to a case that was not asked", "a line that is no answer", "the port dies: %s",
    "no answer within the time limit; killed", "prints without end; killed", "ends with %s, expected exit status 0",
    "does not end at the end of the input; killed",
    "the port dies, but not again when the cases are asked in smaller parts",
    "not asked: the port died or hung too often", "the answer is the right one to the case before"};

typedef struct { Kind kind; char *said, *where; } Manner;

static Words *answers;          /* of each case; count 0: none */
static char **faults, **errors; /* of each case: what is wrong with its answer, the last line on stderr; or NULL */
static Manner *manners;
static int manner_count;

static char *status_text(int status) {
    if (status > 128 && status < 160) return text("exit status %d (signal %d)", status, status - 128);    /* sh's way */
    return status < 0 ? text("signal %d", -status) : text("exit status %d", status);
}

static char *note(Kind kind, int status, const char *where) {
    char *of = status_text(status);
    char *said = kind == CRASH || kind == STATUS ? text(SAID[kind], of) : text("%s", SAID[kind]);
    manners = grown(manners, (size_t)manner_count, sizeof *manners);
    Manner made = {kind, said, shortened(where)};
    manners[manner_count++] = made;
    free(of);
    return said;
}

static void fault(int k, Kind kind, int status) { faults[k] = note(kind, status, cases[k].id); }

static int is_id(const char *word) {            /* letters, /, letters or digits */
    size_t stage = strspn(word, "abcdefghijklmnopqrstuvwxyz");
    if (!stage || word[stage] != '/' || !word[stage + 1]) return 0;
    for (word += stage + 1; *word; word++)
        if (!isalnum((unsigned char)*word) && *word != '_') return 0;
    return 1;
}

/* Puts the lines of a run to their cases; returns the case behind the last one that was answered. */
static int sort_lines(const Session *session, int at, int end) {
    for (int l = 0; l < session->count; l++) {
        char *line = session->line[l];
        line[strcspn(line, "\r")] = 0;
        Words words = split(line);
        int k = words.count ? case_of(words.at[0]) : -1;
        if (k < 0) {
            int named = words.count && is_id(words.at[0]);
            note(named ? UNKNOWN : GARBAGE, 0, named ? words.at[0] : line);
        } else if (k >= end || answers[k].count) {
            note(k < end ? DUPLICATE : UNKNOWN, 0, cases[k].id);
        } else {
            answers[k] = words;
            if (k < at) fault(k, LATE, 0); else at = k + 1;
        }
    }
    return at;
}

static void converse(const char *command, double seconds) {
    int at = 0, size = case_count, pending = -1, pending_end = 0, deaths = 0, hangs = 0;
    answers = need(calloc((size_t)case_count + 1, sizeof *answers));
    faults = need(calloc((size_t)case_count + 1, sizeof *faults));
    errors = need(calloc((size_t)case_count + 1, sizeof *errors));
    while (at < case_count && deaths < DEATHS && hangs < HANGS) {
        int begin = at, end = size < case_count - at ? at + size : case_count;
        Session session = run(command, begin, end, seconds);
        at = sort_lines(&session, at, end);
        for (int k = begin; k < at; k++)
            if (!answers[k].count && !faults[k]) fault(k, MISSING, 0);
        int badly = session.ended == HANG || session.ended == FLOOD || (session.ended == EXIT && session.status);
        if (at == end && session.ended == LINGERS) note(STAYS, 0, cases[end - 1].id);
        if (at == end && session.ended == EXIT && session.status) note(STATUS, session.status, cases[end - 1].id);
        if (at == end && session.ended == FLOOD) {
            note(FLOODS, 0, cases[end - 1].id);
        } else if (badly && at < end) {
            deaths++;
            hangs += session.ended == HANG;
            if (end - begin > 1) {              /* whose fault it was is found out by asking the next one alone */
                if (pending < 0) pending = at, pending_end = end;
                size = 1;
            } else {
                fault(at, session.ended == EXIT ? CRASH : session.ended == HANG ? HUNG : FLOODS, session.status);
                errors[at] = text("%s", session.error);
                at++;
                size = case_count;
                pending = -1;
            }
        } else if (at < end) {                  /* ended in peace, without the rest of its answers */
            deaths++;
            fault(at++, MISSING, 0);
        } else if (end < case_count) {
            size = size < case_count / 2 ? 2 * size : case_count;
        }
        if (pending >= 0 && at >= pending_end) note(ONCE, 0, cases[pending].id), pending = -1;
    }
    for (; at < case_count; at++) fault(at, NOT_ASKED, 0);
}

/* ---- printing --------------------------------------------------------------------------------------------------- */

typedef struct { int cases, right, wrong, refused, skipped; double worst; } Row;

static void count(Row *row, const Verdict *verdict) {
    row->cases++;
    row->right += verdict->status == RIGHT;
    row->wrong += verdict->status == WRONG;
    row->skipped += verdict->status == SKIPPED;
    row->refused += verdict->refused;
    if (verdict->ratio > row->worst) row->worst = verdict->ratio;
}

static void print_row(const char *name, const Row *row) {
    char worst[32] = "-";
    if (row->worst >= 0) snprintf(worst, sizeof worst, row->worst < 10 ? "%.3f" : "%.2g", row->worst);
    printf("%-10s  %7d  %7d  %7d  %7d  %7d  %7s\n", name, row->cases, row->right, row->wrong, row->refused,
           row->skipped, worst);
}

static void print_table(const Verdict *verdicts) {
    Row all = {0, 0, 0, 0, 0, -1};
    int stages = 0;
    printf("%-10s  %7s  %7s  %7s  %7s  %7s  %7s\n", "stage", "cases", "right", "wrong", "refused", "skipped", "worst");
    for (int k = 0; k < case_count; stages++) {
        Row row = {0, 0, 0, 0, 0, -1};
        const char *stage = cases[k].stage;
        for (; k < case_count && !strcmp(cases[k].stage, stage); k++) {
            count(&row, &verdicts[k]);
            count(&all, &verdicts[k]);
        }
        print_row(stage, &row);
    }
    if (stages > 1) print_row("all", &all);
}

static void print_manners(void) {
    for (int m = 0; m < manner_count; m++) {
        int times = 0, before = 0;
        for (int k = 0; k < manner_count; k++)
            if (manners[k].kind == manners[m].kind) times++, before += k < m;
        if (before) continue;
        if (times > 1) printf("! %s (%d times, first %s)\n", manners[m].said, times, manners[m].where);
        else printf("! %s (%s)\n", manners[m].said, manners[m].where);
    }
}

static void print_failure(int k, const Verdict *verdict) {
    printf("first failure: %s\n  case:      %s\n", cases[k].id, shortened(cases[k].line));
    char *error = errors[k];
    while (error && *error && isspace((unsigned char)error[strlen(error) - 1])) error[strlen(error) - 1] = 0;
    if (error && *error) printf("  stderr:    %s\n", strrchr(error, '\n') ? strrchr(error, '\n') + 1 : error);
    printf("  what:      %s\n", verdict->problem);
    if (verdict->has_numbers) {
        printf("  expected:  %s", number(verdict->expected));
        if (verdict->bound > 0) printf(" within %.2g", verdict->bound);
        printf("\n  got:       %s\n", number(verdict->got));
    }
    if (verdict->relation) printf("  relation:  %s\n", verdict->relation);
}

/* ---- the diagnosis ---------------------------------------------------------------------------------------------- */

/* As the page diagnosis.py: a port has the one mistake on record whose answers are its own, in all cases that tell. */

typedef struct { int of, raises; Field field; } Wrong;          /* of: the number of the case */
typedef struct { char *said; int doubtful, count; Wrong *wrong; } Fault;
typedef struct { int of; char *stage; int is_right; } Told;     /* a case that tells; of: -1 where it was not asked */

enum { ENOUGH = 3 };            /* where a fault raises, so many other cases must tell: any answer might be meant */

static Fault *known;
static Told *told, decider = {-1, NULL, 0};
static int known_count, told_count, has_decider;

static void read_fingerprints(const char *kit) {
    FILE *file = open_kit(kit, "fingerprints.txt");
    for (char *line; (line = read_line(file)); free(line)) {
        Words words = split(line);
        if (words.count < 2 || among(other_dtype, other_count, words.at[1])) continue;
        const char *kind = words.at[0];
        Told one = {case_of(words.at[1]), stage_of(words.at[1]), 0};
        if (!strcmp(kind, "case")) {
            told = grown(told, (size_t)told_count, sizeof one);
            told[told_count++] = one;
        } else if (!strcmp(kind, "decider")) {
            decider = one;
            has_decider = 1;
        } else if (!strcmp(kind, "fault") || !strcmp(kind, "doubtful")) {
            Fault made = {text("%s", line + strlen(kind) + 1), !strcmp(kind, "doubtful"), 0, NULL};
            known = grown(known, (size_t)known_count, sizeof made);
            known[known_count++] = made;
        } else if (known_count && one.of >= 0) {
            Fault *fault = &known[known_count - 1];
            Wrong made = {one.of, !strcmp(kind, "raises"), {NULL, 0, 0, 0, NULL, NULL, NULL}};
            if (!made.raises) {
                made.field.name = words.at[2];
                made.field.rows = atoi(words.at[3]);
                made.field.columns = atoi(words.at[4]);
                made.field.value = need(calloc((size_t)words.count, sizeof(double)));
                for (int n = 5; n < words.count; n++)
                    made.field.value[n - 5] = strcmp(words.at[n], "nan") ? of_bits(words.at[n], 16) : NAN;
            }
            fault->wrong = grown(fault->wrong, (size_t)fault->count, sizeof made);
            fault->wrong[fault->count++] = made;
        }
    }
    fclose(file);
}

/* Do they differ by no more than rounding, as a share of the largest entry of both? */
static int alike(const Field *a, const Field *b) {
    if (a->rows != b->rows || a->columns != b->columns) return 0;
    double off = 0, largest = 0;
    for (int k = 0; k < a->rows * a->columns; k++) {
        double x = a->value[k], y = b->value[k];
        if (!isfinite(x) || !isfinite(y)) {
            if (x != y && !(isnan(x) && isnan(y))) return 0;
            continue;
        }
        off = fmax(off, fabs(x - y));
        largest = fmax(largest, fmax(fabs(x), fabs(y)));
    }
    return off <= largest * (strcmp(dtype, "float32") ? ldexp(1, -40) : ldexp(1, -14));
}

static int tells(const char *name) {
    return strcmp(name, "sum") && strcmp(name, "G_x") && strncmp(name, "G_hidden", 8);
}

/* What the fault answers to a case: the field of that name (the next one, where name is NULL), or NULL. */
static const Wrong *wrong_of(const Fault *fault, int of, const char *name) {
    for (int k = 0; fault && k < fault->count; k++)
        if (fault->wrong[k].of == of && (!name || fault->wrong[k].raises || !strcmp(fault->wrong[k].field.name, name)))
            return &fault->wrong[k];
    return NULL;
}

/* Are the fields those of the fault, or else (fault NULL: all) the right ones? told_by: is one of those there? */
static int fields_alike(int of, const Answer *answer, const Fault *fault, int *told_by) {
    *told_by = 0;
    if (!answer->count) return 0;
    for (int k = 0; k < cases[of].count; k++) {
        const Field *right = &cases[of].field[k], *got = find(answer->field, answer->count, right->name);
        if (!tells(right->name)) continue;
        const Wrong *wrong = wrong_of(fault, of, right->name);
        if (got && !alike(got, wrong ? &wrong->field : right)) return 0;
        if (!got && !right->optional) return 0;
        *told_by |= got && wrong;
    }
    return 1;
}

/* Right gradients do not speak against a fault of the update: no parameters moved for them. */
static int is_fault(const Fault *fault, const Answer *given, int skip_gradients) {
    int count = 0, raised = 0, told_by;
    for (int t = 0; t < told_count; t++) {
        const Wrong *wrong = wrong_of(fault, told[t].of, NULL);
        if (!wrong || (skip_gradients && !strcmp(told[t].stage, "gradients"))) {
            if (!told[t].is_right) return 0;
        } else if (wrong->raises) {
            raised = 1;
            if (told[t].is_right) return 0;
        } else {
            if (!fields_alike(told[t].of, &given[told[t].of], fault, &told_by)) return 0;
            count += told_by;
        }
    }
    return count >= (raised ? ENOUGH : 1);
}

/* Was it answered with numbers, with refuse, or by dying? Else nothing is known of it. */
static int is_known(int of, const Answer *given) {
    if (of < 0) return 0;
    return faults[of] && !strncmp(faults[of], "the port dies", 13) ? 1 : given[of].count || given[of].refuse;
}

static void keep_whole_stages(const Answer *given) {
    int kept = 0;
    for (int t = 0; t < told_count; t++) {
        int whole = 1;
        for (int n = 0; n < told_count; n++)
            if (!strcmp(told[n].stage, told[t].stage) && !is_known(told[n].of, given)) whole = 0;
        if (!whole) told[t].stage = "";
    }
    for (int t = 0; t < told_count; t++)
        if (*told[t].stage) told[kept++] = told[t];
    told_count = kept;
}

static void print_diagnosis(const char *kit, const Answer *given, int some_stages) {
    int all_right = 1, gradients_right = 1, unused, count = 0;
    read_fingerprints(kit);
    int *found = need(calloc((size_t)known_count + 1, sizeof *found));
    keep_whole_stages(given);
    for (int t = 0; t < told_count; t++) {
        told[t].is_right = fields_alike(told[t].of, &given[told[t].of], NULL, &unused);
        all_right &= told[t].is_right;
        if (!strcmp(told[t].stage, "gradients")) gradients_right &= told[t].is_right;
    }
    for (int f = 0; f < known_count && !all_right; f++)
        if (is_fault(&known[f], given, gradients_right)) found[count++] = f;
    if (count > 1 || (count && known[found[0]].doubtful)) {     /* the decider tells apart what answers alike */
        int kept = 0;
        for (int n = 0; n < count; n++)
            if (!has_decider || (is_known(decider.of, given)
                                 && fields_alike(decider.of, &given[decider.of], &known[found[n]], &unused)))
                found[kept++] = found[n];
        count = kept;
    }
    if (count == 1) printf("diagnosis: = what comes out when %s\n", known[found[0]].said);
    else printf("diagnosis: unknown: none of the mistakes on record gives these answers\n");
    if (count != 1 && some_stages) printf("           the other stages may tell more: ask for all of them\n");
}

/* ---- main ------------------------------------------------------------------------------------------------------- */

enum { ALL_STAGES = 10 };

static const char USAGE[] =
    "usage: judge --kit FOLDER --port 'COMMAND' [--dtype float64|float32] [--stage NAME]... [--seconds S]\n";

static int usage(const char *why) {
    fprintf(stderr, "judge: error: %s\n%s", why, USAGE);
    return 2;
}

static int help(void) {
    printf("%s\nPuts the cases of the kit to a port and says what is wrong with its answers.\n\n"
           "--kit FOLDER      where cases.txt and expected.txt lie\n"
           "--port 'COMMAND'  the program, as in a shell\n"
           "--dtype TYPE      its precision, float64 if not given\n"
           "--stage NAME      this stage alone, and no skipping in it; may be given several times\n"
           "--seconds S       how long it may be silent, 10 if not given\n\n"
           "Exit status: 0 every case is right, 1 not, 2 wrong usage.\n", USAGE);
    return 0;
}

static int distinct(char **names, int count) {
    int found = 0;
    for (int k = 0; k < count; k++) found += !among(names, k, names[k]);
    return found;
}

static int is_optional(const char *stage) {
    return !strcmp(stage, "loss") || !strcmp(stage, "bits") || !strcmp(stage, "invalid");
}

int main(int argc, char **argv) {
    const char *kit = NULL, *port = NULL;
    double seconds = 10;
    char **stages = need(calloc((size_t)argc + 1, sizeof *stages)), *end;
    int stage_count = 0, is_right_all = 1, first = -1;
    for (int k = 1; k < argc; k += 2) {
        if (!strcmp(argv[k], "--help") || !strcmp(argv[k], "-h")) return help();
        if (k + 1 == argc) return usage("expected a value behind the last option");
        if (!strcmp(argv[k], "--kit")) kit = argv[k + 1];
        else if (!strcmp(argv[k], "--port")) port = argv[k + 1];
        else if (!strcmp(argv[k], "--dtype")) dtype = argv[k + 1];
        else if (!strcmp(argv[k], "--stage")) stages[stage_count++] = argv[k + 1];
        else if (!strcmp(argv[k], "--seconds")) {
            seconds = strtod(argv[k + 1], &end);
            if (*end || !(seconds > 0 && seconds < 1e9)) return usage("--seconds: expected a number above 0");
        } else return usage(text("unknown option %s", argv[k]));
    }
    if (!kit || !port) return usage("expected --kit and --port");
    if (strcmp(dtype, "float64") && strcmp(dtype, "float32")) return usage("--dtype: expected float64 or float32");
    signal(SIGPIPE, SIG_IGN);
    read_kit(kit, stages, stage_count);
    for (int s = 0; s < stage_count; s++) {
        int known = 0;
        for (int k = 0; k < case_count; k++) known |= !strcmp(cases[k].stage, stages[s]);
        if (!known) return usage(text("--stage: the kit has no cases of %s for %s", stages[s], dtype));
    }
    converse(port, seconds);
    Answer *given = need(calloc((size_t)case_count + 1, sizeof *given));
    Verdict *verdicts = need(calloc((size_t)case_count + 1, sizeof *verdicts));
    for (int k = 0; k < case_count; k++) {
        Verdict none = {WRONG, 0, -1, NULL, 0, 0, 0, 0, NULL};
        given[k] = read_answer(answers[k]);
        int may_skip = !stage_count && is_optional(cases[k].stage);
        verdicts[k] = answers[k].count ? judge(&cases[k], &given[k], may_skip) : none;
        int has_numbers = answers[k].count && !given[k].malformed && !given[k].refuse && !given[k].skip;
        if (k && has_numbers && verdicts[k].status == WRONG && judge(&cases[k - 1], &given[k], 0).status == RIGHT) {
            none.ratio = verdicts[k].ratio;
            none.problem = note(PREVIOUS, 0, cases[k].id);
            verdicts[k] = none;
        }
        if (faults[k]) {
            none.ratio = verdicts[k].ratio;
            none.refused = verdicts[k].refused;
            none.problem = faults[k];
            verdicts[k] = none;
        }
        if (verdicts[k].status != WRONG) continue;
        is_right_all = 0;
        if (first < 0) first = k;
    }
    print_table(verdicts);
    print_manners();
    if (first >= 0) {
        print_failure(first, &verdicts[first]);
        print_diagnosis(kit, given, stage_count && distinct(stages, stage_count) < ALL_STAGES);
    }
    puts(is_right_all && !manner_count ? "Right in every case of the stages asked for." : "NOT right.");
    return is_right_all && !manner_count ? 0 : 1;
}
