/* The conformance kit's adapter in C99: one case a line in, one answer a line out. The network is in network.c.
       cc -std=c99 -O2 -ffp-contract=off -o port port.c network.c -lm && ./port [--float32] < cases.txt */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "network.h"

enum { FIELDS = 256 };

static char *names[FIELDS];             /* of the case at hand */
static Matrix given[FIELDS];
static int fields;

static const Matrix NOTHING = {-1, -1, 0, 0, NULL};

/* The field NAME or NAME with a number behind it; one that is absent has -1 rows. */
static Matrix field(const char *name, int number) {
    char text[64];
    snprintf(text, sizeof text, number ? "%s%d" : "%s", name, number);
    for (int k = 0; k < fields; k++)
        if (!strcmp(names[k], text)) return given[k];
    return NOTHING;
}

static void write_field(const char *name, int number, Matrix a) {
    printf(number ? " %s%d" : " %s", name, number);
    printf(" %d %d", a.rows, a.columns);
    for (int i = 0; i < a.rows; i++)
        for (int j = 0; j < a.columns; j++) {
            double v = *entry(a, i, j);
            if (isnan(v)) printf(" nan"); else printf(" %.*g", float32 ? 9 : 17, v);
        }
}

static char *read_line(void) {
    static char *line;
    static size_t size;
    size_t length = 0;
    for (int c; (c = getchar()) != EOF; ) {
        if (length + 2 > size && !(line = realloc(line, size = 2 * size + 4096))) abort();
        if (c == '\n') return line[length] = 0, line;
        line[length++] = (char)c;
    }
    return NULL;
}

static void read_fields(void) {
    fields = 0;
    for (char *name; fields < FIELDS && (name = strtok(NULL, " ")); fields++) {
        int rows = atoi(strtok(NULL, " ")), columns = atoi(strtok(NULL, " "));
        names[fields] = name;
        given[fields] = matrix(rows, columns);
        for (int k = 0; k < rows * columns; k++) {
            double v = strtod(strtok(NULL, " "), NULL);
            given[fields].at[k] = float32 ? (float)v : v;
        }
    }
}

/* Each of these returns 0 where the arguments do not fit, before anything is printed. */

static int answer_product(const char *id, const char *op) {
    Matrix a = field(*op == 'p' ? "a" : "x", 0), b = field(*op == 'p' ? "b" : "w", 0), row = field("b", 0);
    if (a.rows < 0 || b.rows < 0 || a.columns != b.rows) return 0;
    if (*op == 'l' && (row.rows != 1 || row.columns != b.columns)) return 0;
    printf("%s", id);
    if (*op == 'p') return write_field("c", 0, product(a, b)), 1;
    Matrix sum = add_row(product(a, b), row);
    write_field("sum", 0, sum);
    write_field("hidden", 0, relu(sum));
    return 1;
}

static int answer_loss(const char *id, const char *op) {
    Matrix output = field("output", 0), y = field("y", 0), value = matrix(1, 1);
    if (output.rows < 1 || output.columns < 1 || !same_shape(output, y)) return 0;
    Matrix G_output = matrix(output.rows, output.columns);
    value.at[0] = loss(op, output, y, G_output);
    printf("%s", id);
    write_field("loss", 0, value);
    write_field("G_output", 0, G_output);
    return 1;
}

static int answer_network(const char *id, const char *op) {
    int steps = !strcmp(op, "steps"), updates = steps || !strcmp(op, "update"), count = 0;
    Matrix w[FIELDS], b[FIELDS], hidden[FIELDS], output[FIELDS], G_w[FIELDS], G_b[FIELDS], G_hidden[FIELDS];
    while (count < FIELDS && (w[count] = field("w", count + 1)).rows >= 0) b[count] = field("b", count + 1), count++;
    Network net = {count, w, b};
    Matrix rate = updates ? field("rate", 0) : NOTHING;
    if (updates && (rate.rows != 1 || rate.columns != 1 || !isfinite(rate.at[0]))) return 0;
    int runs = 1;
    while (steps && field("x", runs + 1).rows >= 0) runs++;
    for (int s = 1; s <= runs; s++) {           /* look at everything before the first step */
        Matrix x = field("x", steps ? s : 0), G = field(steps ? "G" : "G_output", steps ? s : 0);
        if (x.rows < 0 || !fits(net, x)) return 0;
        if (strcmp(op, "forward") && (G.rows != x.rows || G.columns != w[count - 1].columns)) return 0;
    }
    printf("%s", id);
    for (int s = 1; s <= runs; s++) {
        hidden[0] = field("x", steps ? s : 0);
        forward(net, hidden, &output[s]);
        if (!strcmp(op, "forward")) break;
        gradients(net, hidden, field(steps ? "G" : "G_output", steps ? s : 0), G_w, G_b, G_hidden);
        if (updates) update(net, rate.at[0], G_w, G_b);
    }
    if (!strcmp(op, "forward")) write_field("output", 0, output[1]);
    for (int k = 1; k < count && !updates; k++)
        strcmp(op, "forward") ? write_field("G_hidden", k, G_hidden[k]) : write_field("hidden", k, hidden[k]);
    for (int k = 1; k <= count && strcmp(op, "forward"); k++) {
        write_field(updates ? "w" : "G_w", k, updates ? w[k - 1] : G_w[k - 1]);
        write_field(updates ? "b" : "G_b", k, updates ? b[k - 1] : G_b[k - 1]);
    }
    if (!strcmp(op, "gradients")) write_field("G_x", 0, G_hidden[0]);
    for (int s = 1; steps && s <= runs; s++) write_field("output", s, output[s]);
    return 1;
}

int main(int count, char **arguments) {
    float32 = count > 1 && !strcmp(arguments[1], "--float32");
    for (char *line; (line = read_line()); fflush(stdout)) {
        if (*line == '#' || !*line) continue;
        char *id = strtok(line, " "), *op = strtok(NULL, " ");
        read_fields();
        int done = !strcmp(op, "product") || !strcmp(op, "layer") ? answer_product(id, op)
                 : !strcmp(op, "regression") || !strcmp(op, "binary") || !strcmp(op, "select") ? answer_loss(id, op)
                 : answer_network(id, op);
        printf(done ? "\n" : "%s refuse\n", id);
    }
    return 0;
}
