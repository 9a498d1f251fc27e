// The formulas of rule.toml over one chunk of columns. Numbers are doubles, which hold these integers exactly.
(function () {
    "use strict";
    const ABSENT = -(2 ** 63);
    const floor = Math.floor;

    // full x part / base, from 0 to full, rounded once, half up; the base is above zero.
    function share(full, part, base) {
        if (part <= 0) return 0;
        if (part >= base) return full;
        return floor((2 * full * part + base) / (2 * base));
    }

    return function (inputs, rows) {
        const items = new Float64Array(5 * rows);
        for (let row = 0; row < rows; row++) {
            const sum = inputs[row];
            const max = inputs[row + rows];
            const independent = inputs[row + 2 * rows];
            const missed = inputs[row + 3 * rows];
            const due = inputs[row + 4 * rows];
            const suspended = inputs[row + 5 * rows];
            const handled = inputs[row + 6 * rows];
            const closed = inputs[row + 7 * rows];
            const backlog = inputs[row + 8 * rows];
            const backlogClosed = inputs[row + 9 * rows];
            const answered = inputs[row + 10 * rows];
            const satisfied = inputs[row + 11 * rows];

            items[row] = sum !== ABSENT && max > 0 ? share(400000, sum, max) : ABSENT;
            items[row + rows] =
                missed !== ABSENT && independent > 0 ? share(100000, independent - missed, independent) : ABSENT;
            let onTime = ABSENT;
            let finished = ABSENT;
            if (due !== ABSENT && suspended !== ABSENT) {
                const left = due - suspended;
                if (handled !== ABSENT && left > 0) {
                    // (handled + 4.75) / (left + 5), less 0.70, of 0.25.
                    onTime = share(200000, 40 * handled + 190 - 28 * (left + 5), 10 * (left + 5));
                }
                const base = left + backlog;
                if (closed !== ABSENT && backlog !== ABSENT && backlogClosed !== ABSENT && base > 0) {
                    finished = share(200000, closed + backlogClosed, base);
                }
            }
            items[row + 2 * rows] = onTime;
            items[row + 3 * rows] = finished;
            items[row + 4 * rows] = satisfied !== ABSENT && answered >= 5 ? share(100000, satisfied, answered) : ABSENT;
        }
        return items;
    };
})();
