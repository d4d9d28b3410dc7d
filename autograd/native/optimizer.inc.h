/* Steps of SGD and Adam: each parameter, its gradient and what is remembered of it pass through the cache once.
 *
 * A block of them at a time, one operation after the other, in loops of their own: so every result is rounded
 * where NumPy rounds it (a product and a sum in one loop would become one fused operation on some machines),
 * and a step is bit for bit that of autograd/kernels/optimizer.py. */
#define BLOCK 512
#define EACH for (long i = 0; i < count; i++)

static void NAME(sgd)(long n, void *w_, const void *g_, void *v_, const struct sgd_options *o)
{
    REAL lr = (REAL)o->lr, momentum = (REAL)o->momentum, decay = (REAL)o->weight_decay,
         fresh = (REAL)(1 - o->dampening);
    REAL moved[BLOCK], scaled[BLOCK];
    for (long start = 0; start < n; start += BLOCK) {
        long count = MIN(BLOCK, n - start);
        REAL *restrict w = (REAL *)w_ + start, *restrict v = v_ ? (REAL *)v_ + start : NULL;
        const REAL *g = (const REAL *)g_ + start;
        if (o->weight_decay != 0) {
            EACH moved[i] = w[i] * decay;
            EACH moved[i] = g[i] + moved[i];
            g = moved;
        }
        if (v && o->first) {
            EACH v[i] = g[i];
        } else if (v) {
            EACH v[i] = v[i] * momentum;
            if (o->dampening == 0) {
                EACH v[i] = v[i] + g[i];
            } else {
                EACH scaled[i] = g[i] * fresh;
                EACH v[i] = v[i] + scaled[i];
            }
        }
        if (v && o->nesterov) {
            EACH scaled[i] = v[i] * momentum;
            EACH moved[i] = g[i] + scaled[i];
            g = moved;
        } else if (v) {
            g = v;
        }
        EACH scaled[i] = g[i] * lr;
        EACH w[i] = w[i] - scaled[i];
    }
}

static void NAME(adam)(
    long n, void *w_, const void *g_, void *m_, void *v_, void *top_, double step, const struct adam_options *o)
{
    REAL decay = (REAL)o->weight_decay, left = (REAL)(1 - o->lr * o->weight_decay), eps = (REAL)o->eps;
    REAL new1 = (REAL)(1 - o->beta1), beta2 = (REAL)o->beta2, new2 = (REAL)(1 - o->beta2);
    REAL root = (REAL)sqrt(1 - pow(o->beta2, step)), rate = (REAL)(o->lr / (1 - pow(o->beta1, step)));
    REAL penalized[BLOCK], x[BLOCK];
    for (long start = 0; start < n; start += BLOCK) {
        long count = MIN(BLOCK, n - start);
        REAL *restrict w = (REAL *)w_ + start, *restrict m = (REAL *)m_ + start, *restrict v = (REAL *)v_ + start;
        const REAL *g = (const REAL *)g_ + start;
        if (o->weight_decay != 0 && o->decoupled) {
            EACH w[i] = w[i] * left;
        } else if (o->weight_decay != 0) {
            EACH x[i] = w[i] * decay;
            EACH penalized[i] = g[i] + x[i];
            g = penalized;
        }
        EACH x[i] = (g[i] - m[i]) * new1;
        EACH m[i] = m[i] + x[i];
        EACH v[i] = v[i] * beta2;
        EACH x[i] = g[i] * g[i] * new2;
        EACH v[i] = v[i] + x[i];
        const REAL *most = v;
        if (top_) {
            REAL *restrict top = (REAL *)top_ + start;
            EACH top[i] = (v[i] > top[i]) | (v[i] != v[i]) ? v[i] : top[i]; /* NaN stays, as in np.maximum */
            most = top;
        }
        if (sizeof(REAL) == sizeof(float)) {
            EACH x[i] = (REAL)sqrtf((float)most[i]);
        } else {
            EACH x[i] = (REAL)sqrt(most[i]);
        }
        EACH x[i] = x[i] / root + eps;
        EACH x[i] = m[i] / x[i] * rate;
        EACH w[i] = w[i] - x[i];
    }
}

#undef EACH
#undef BLOCK
