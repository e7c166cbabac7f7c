#!/usr/bin/env bash
# Made the runs beside it with Lethe 0.1.0, before findings had a module: `lethe` of that version on the PATH.
# Runs of that version are opened for ever; do not make them anew with a later one.
set -euo pipefail
cd "$(dirname "$0")/.."
data=fashion-mnist-small
out=runs-0.1
temporary=$(mktemp -d)
lethe new mlp --input 1x28x28 --classes 5 --hidden 8 --seed 7 -o "$temporary/base.h5"
lethe train "$temporary/base.h5" --data $data:0-4 --epochs 3 --lr 0.05 -o "$temporary/source" --quiet
# Its best epoch, 2, is not its last, 4.
lethe finetune "$temporary/source" --source $data:0-4 --target $data:5-9 --epochs 4 --lr 0.1 --batch-size 32 --seed 3 \
  --regularizer l2-sp:alpha=0.01,beta=0.01 --best target -o $out/best --quiet
lethe cka $out/best --data $data:0-4 --quiet
lethe diagnose $out/best --quiet
lethe finetune "$temporary/source" --task a=$data:5-6 --task b=$data:7-8 --epochs 1 --lr 0.05 -o $out/sequence --quiet
lethe finetune "$temporary/source" --source-proxy $data:5-9 --target $data:5-9 --epochs 1 -o $out/proxy --quiet
# What can be drawn again, and what only resuming needs.
rm -rf $out/*/tensorboard $out/*/*.csv $out/*/*.html $out/*/*.svg $out/proxy/checkpoints $out/proxy/resume.h5 \
  $out/sequence/tasks $out/sequence/checkpoints
