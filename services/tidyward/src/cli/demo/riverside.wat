;; The riverside rule by hand, to show that a rule is nothing but whole numbers in and whole numbers out. The contract is
;; plugins/wit/rules.wit, its shape in memory that of the component model. Most rules are written in Rust: plugins/sdk.
(module
  (memory (export "memory") 1)

  ;; Every call gets a fresh instance, so memory is only ever taken.
  (global $free (mut i32) (i32.const 8))

  (func $take (param $bytes i32) (result i32)
    (local $at i32) (local $short i32)
    (local.set $at (global.get $free))
    (global.set $free
      (i32.and (i32.add (i32.add (local.get $at) (local.get $bytes)) (i32.const 7)) (i32.const -8)))
    (local.set $short (i32.sub (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
    (if (i32.gt_s (local.get $short) (i32.const 0))
      (then
        (if (i32.lt_s
              (memory.grow (i32.div_u (i32.add (local.get $short) (i32.const 65535)) (i32.const 65536)))
              (i32.const 0))
          (then unreachable))))
    (local.get $at))

  ;; The host takes room for the facts here.
  (func (export "cabi_realloc") (param $old i32) (param $old_bytes i32) (param $align i32) (param $bytes i32) (result i32)
    (call $take (local.get $bytes)))

  ;; Fact number $column of area number $row.
  (func $input (param $inputs i32) (param $rows i32) (param $column i32) (param $row i32) (result i64)
    (i64.load
      (i32.add
        (local.get $inputs)
        (i32.shl
          (i32.add (i32.mul (local.get $column) (local.get $rows)) (local.get $row))
          (i32.const 3)))))

  ;; $points x $part / $due, rounded once; absent where there is no data. The part is at most the whole.
  (func $share (param $points i64) (param $part i64) (param $due i64) (result i64)
    (if (i32.or
          (i64.lt_s (local.get $part) (i64.const 0))
          (i32.or (i64.le_s (local.get $due) (i64.const 0)) (i64.gt_s (local.get $due) (i64.const 1000000000))))
      (then (return (i64.const -9223372036854775808))))
    (if (i64.gt_s (local.get $part) (local.get $due)) (then (local.set $part (local.get $due))))
    (i64.div_s
      (i64.add (i64.mul (i64.mul (i64.const 2) (local.get $points)) (local.get $part)) (local.get $due))
      (i64.mul (i64.const 2) (local.get $due))))

  ;; Puts an item of criterion number $column.
  (func $put (param $items i32) (param $rows i32) (param $column i32) (param $row i32) (param $value i64)
    (i64.store
      (i32.add
        (local.get $items)
        (i32.shl
          (i32.add (i32.mul (local.get $column) (local.get $rows)) (local.get $row))
          (i32.const 3)))
      (local.get $value)))

  ;; Puts pointer and length of a list into the answer.
  (func $list (param $answer i32) (param $at i32) (param $pointer i32) (param $length i32)
    (i32.store (i32.add (local.get $answer) (local.get $at)) (local.get $pointer))
    (i32.store offset=4 (i32.add (local.get $answer) (local.get $at)) (local.get $length)))

  (func (export "tidyward:rules/scoring@1.0.0#score") (param $given i32) (result i32)
    (local $penalty i64) (local $rows i32) (local $inputs i32) (local $row i32) (local $notes i32)
    (local $items i32) (local $stars i32) (local $note_row i32) (local $note_criterion i32)
    (local $note_message i32) (local $note_value i32) (local $note_issue i32) (local $answer i32)
    (local $due i64) (local $overdue i64) (local $lost i64)
    (local.set $penalty (i64.load (i32.load (local.get $given))))
    (local.set $rows (i32.load offset=8 (local.get $given)))
    (local.set $inputs (i32.load offset=12 (local.get $given)))
    (local.set $items (call $take (i32.mul (local.get $rows) (i32.const 24))))
    (local.set $stars (call $take (local.get $rows)))
    (local.set $note_row (call $take (i32.shl (local.get $rows) (i32.const 2))))
    (local.set $note_criterion (call $take (i32.shl (local.get $rows) (i32.const 2))))
    (local.set $note_message (call $take (i32.shl (local.get $rows) (i32.const 2))))
    (local.set $note_value (call $take (i32.shl (local.get $rows) (i32.const 3))))
    (local.set $note_issue (call $take (i32.shl (local.get $rows) (i32.const 2))))
    (local.set $answer (call $take (i32.const 60)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $row) (local.get $rows)))
        (local.set $due (call $input (local.get $inputs) (local.get $rows) (i32.const 0) (local.get $row)))
        (call $put (local.get $items) (local.get $rows) (i32.const 0) (local.get $row)
          (call $share (i64.const 600000)
            (call $input (local.get $inputs) (local.get $rows) (i32.const 1) (local.get $row)) (local.get $due)))
        (call $put (local.get $items) (local.get $rows) (i32.const 1) (local.get $row)
          (call $share (i64.const 400000)
            (call $input (local.get $inputs) (local.get $rows) (i32.const 2) (local.get $row)) (local.get $due)))
        (local.set $overdue (call $input (local.get $inputs) (local.get $rows) (i32.const 3) (local.get $row)))
        (local.set $lost (call $share (local.get $penalty) (local.get $overdue) (local.get $due)))
        ;; Absent stays absent: the smallest number is its own negative.
        (call $put (local.get $items) (local.get $rows) (i32.const 2) (local.get $row)
          (i64.sub (i64.const 0) (local.get $lost)))
        ;; The manifest has bands of stars, so the rule gives none.
        (i32.store8 (i32.add (local.get $stars) (local.get $row)) (i32.const 255))
        (if (i64.gt_s (local.get $lost) (i64.const 0))
          (then
            (i32.store (i32.add (local.get $note_row) (i32.shl (local.get $notes) (i32.const 2))) (local.get $row))
            (i32.store (i32.add (local.get $note_criterion) (i32.shl (local.get $notes) (i32.const 2))) (i32.const 2))
            (i32.store (i32.add (local.get $note_message) (i32.shl (local.get $notes) (i32.const 2))) (i32.const 0))
            (i64.store (i32.add (local.get $note_value) (i32.shl (local.get $notes) (i32.const 3)))
              (i64.mul (local.get $overdue) (i64.const 10000)))
            (i32.store (i32.add (local.get $note_issue) (i32.shl (local.get $notes) (i32.const 2))) (i32.const -1))
            (local.set $notes (i32.add (local.get $notes) (i32.const 1)))))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $next)))
    ;; ok, then the seven lists of the scores.
    (i32.store8 (local.get $answer) (i32.const 0))
    (call $list (local.get $answer) (i32.const 4) (local.get $items) (i32.mul (local.get $rows) (i32.const 3)))
    (call $list (local.get $answer) (i32.const 12) (local.get $stars) (local.get $rows))
    (call $list (local.get $answer) (i32.const 20) (local.get $note_row) (local.get $notes))
    (call $list (local.get $answer) (i32.const 28) (local.get $note_criterion) (local.get $notes))
    (call $list (local.get $answer) (i32.const 36) (local.get $note_message) (local.get $notes))
    (call $list (local.get $answer) (i32.const 44) (local.get $note_value) (local.get $notes))
    (call $list (local.get $answer) (i32.const 52) (local.get $note_issue) (local.get $notes))
    (local.get $answer)))
