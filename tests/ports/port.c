/* The conformance kit's adapter in C99: one case a line in, one answer a line out. The network is in network.c.
       cc -std=c99 -O2 -ffp-contract=off -o port port.c network.c -lm && ./port [--float32] < cases.txt */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "network.h"

enum { FIELDS = 256 };
static const char SPACE[] = " \r\n";

static char *names[FIELDS];             /* the fields of the case at hand */
static Matrix given[FIELDS];
static int fields;

/* The field NAME or NAME with a number behind it; one that is absent has -1 rows. */
static Matrix field(const char *name, int number) {
    char text[64];
    Matrix nothing = {-1, -1, 0, 0, NULL};
    snprintf(text, sizeof text, number ? "%s%d" : "%s", name, number);
    for (int k = 0; k < fields; k++)
        if (!strcmp(names[k], text)) return given[k];
    return nothing;
}

static void write_field(const char *name, int number, Matrix a) {
    printf(number ? " %s%d" : " %s", name, number), printf(" %d %d", a.rows, a.columns);
    for (int k = 0; k < a.rows * a.columns; k++) {
        double v = *entry(a, k / a.columns, k % a.columns);
        if (isnan(v)) printf(" nan"); else printf(" %.*g", float32 ? 9 : 17, v);
    }
}

static void read_fields(void) {
    fields = 0;
    for (char *name; fields < FIELDS && (name = strtok(NULL, SPACE)); fields++) {
        int rows = atoi(strtok(NULL, SPACE)), columns = atoi(strtok(NULL, SPACE));
        names[fields] = name;
        given[fields] = matrix(rows, columns);
        for (int k = 0; k < rows * columns; k++) given[fields].at[k] = rounded(strtod(strtok(NULL, SPACE), NULL));
    }
}

/* Each answer_... returns 0 where the arguments do not fit, before anything is printed. */

static int answer_product(const char *id) {
    Matrix a = field("a", 0), b = field("b", 0);
    if (a.rows < 0 || b.rows < 0 || a.columns != b.rows) return 0;
    printf("%s", id), write_field("c", 0, product(a, b));
    return 1;
}

static int answer_layer(const char *id) {
    Matrix x = field("x", 0), w = field("w", 0), b = field("b", 0);
    Network alone = {1, &w, &b};
    if (!fits(alone, x)) return 0;
    Matrix sum = add_row(product(x, w), b);
    printf("%s", id), write_field("sum", 0, sum);
    write_field("hidden", 0, relu(sum));
    return 1;
}

static int answer_loss(const char *id, const char *op) {
    Matrix output = field("output", 0), y = field("y", 0), value = matrix(1, 1);
    if (output.rows < 1 || output.columns < 1 || !same_shape(output, y)) return 0;
    Matrix G_output = matrix(output.rows, output.columns);
    *value.at = loss(op, output, y, G_output);
    printf("%s", id), write_field("loss", 0, value);
    write_field("G_output", 0, G_output);
    return 1;
}

static int answer_network(const char *id, const char *op) {
    int steps = !strcmp(op, "steps"), updates = steps || !strcmp(op, "update"), back = strcmp(op, "forward") != 0;
    Matrix w[FIELDS], b[FIELDS], hidden[FIELDS], output[FIELDS], G_w[FIELDS], G_b[FIELDS], G_hidden[FIELDS];
    Network net = {0, w, b};
    for (; net.count < FIELDS && (w[net.count] = field("w", net.count + 1)).rows >= 0; net.count++)
        b[net.count] = field("b", net.count + 1);
    Matrix rate = field("rate", 0);
    if (updates && (rate.rows != 1 || rate.columns != 1 || !isfinite(rate.at[0]))) return 0;
    int runs = 1;
    while (steps && field("x", runs + 1).rows >= 0) runs++;
    for (int s = 1; s <= runs; s++) {           /* look at everything before the first step */
        Matrix x = field("x", steps * s), G = field(steps ? "G" : "G_output", steps * s);
        if (!fits(net, x) || (back && (G.rows != x.rows || G.columns != w[net.count - 1].columns))) return 0;
    }
    for (int s = 1; s <= runs; s++) {
        hidden[0] = field("x", steps * s);
        forward(net, hidden, &output[s]);
        if (back) gradients(net, hidden, field(steps ? "G" : "G_output", steps * s), G_w, G_b, G_hidden);
        if (updates) update(net, rate.at[0], G_w, G_b);
    }
    printf("%s", id);
    for (int s = 1; s <= runs && (steps || !back); s++) write_field("output", steps * s, output[s]);
    for (int k = 1; k < net.count && !updates; k++)
        write_field(back ? "G_hidden" : "hidden", k, back ? G_hidden[k] : hidden[k]);
    for (int k = 1; k <= net.count && back; k++) {
        write_field(updates ? "w" : "G_w", k, updates ? w[k - 1] : G_w[k - 1]);
        write_field(updates ? "b" : "G_b", k, updates ? b[k - 1] : G_b[k - 1]);
    }
    if (back && !updates) write_field("G_x", 0, G_hidden[0]);
    return 1;
}

int main(int count, char **arguments) {
    static char line[1 << 20];
    float32 = count > 1 && !strcmp(arguments[1], "--float32");
    for (; fgets(line, sizeof line, stdin); fflush(stdout)) {
        char *id = strtok(line, SPACE), *op = strtok(NULL, SPACE);
        if (!op || *id == '#') continue;
        read_fields();
        int is_loss = !strcmp(op, "regression") || !strcmp(op, "binary") || !strcmp(op, "select");
        int net = !strcmp(op, "forward") || !strcmp(op, "gradients") || !strcmp(op, "update") || !strcmp(op, "steps");
        int done = !strcmp(op, "product") ? answer_product(id) : !strcmp(op, "layer") ? answer_layer(id)
                 : is_loss ? answer_loss(id, op) : net ? answer_network(id, op) : -1;
        printf(done > 0 ? "\n" : done ? "%s skip\n" : "%s refuse\n", id);
    }
    return 0;
}
