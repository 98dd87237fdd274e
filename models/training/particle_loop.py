"""The interactive loop of the `default` preset: forces, features, classifier and encoder, interleaved.

Phases: "layout" (graph on principal components of what describes the items, the first motion), "features" (self-supervision, then a
graph on both), "interactive" (after a change of labels), "resting". Each turn is a round of forces, when one is due, and one unit of the
most urgent other work: classifier steps, then predictions, then features, then graph, then encoder and decoder.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.classification.ensemble import Taught
from lodespace.models.classification.learner import LabelLearning
from lodespace.models.config import LossWeights, TrainingConfig
from lodespace.models.dataset import UNLABELED, Dataset
from lodespace.models.features.descriptor import described
from lodespace.models.features.principal_components import principal_components, starting_positions
from lodespace.models.features.self_supervision import SelfSupervision
from lodespace.models.item_predictions import ItemPredictions
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.incremental_graph import GraphBuilding, GraphFeatures, GraphRefresh
from lodespace.models.layout.particles import Particles
from lodespace.models.layout.schedule import INTERACTIVE_STEP, LAYOUT_STEP, NEW_GRAPH_STEP, Motion
from lodespace.models.snapshot import Phase
from lodespace.models.training.force_readout import Forces, particle_forces, vae_forces
from lodespace.models.training.loop import Loop
from lodespace.models.vae.training import VAETraining

DRIFT_STEP = 0.1
"""Step of the rounds while features are learned: the islands drift, they do not jump."""
NEW_GRAPH_ROUNDS = 100
SETTLING = 3
"""A gesture's rounds are this many times rounds_per_gesture; over the last ones the step shrinks to nothing."""
LOSS_INTERVAL = 10
"""Rounds between two measurements of the neighbour and anchor terms."""
STIFFNESS_SCALE = 0.2
"""Kernel force per unit of distance of an unlabelled item at stiffness 1."""
PIN_STIFFNESS = 50.0
REWEIGHTED_EPOCHS = 3
"""Epochs of encoder and decoder after their weights were changed."""


class ParticleLoop(Loop):
    def __init__(self, dataset: Dataset, config: TrainingConfig, n_classes: int, seed: int) -> None:
        super().__init__(dataset, config, n_classes, seed)
        self.vae_training = VAETraining(
            dataset, config, n_classes, self.generator, self.device_generator
        )
        self.alike = alike = dataset.alike()
        self.self_supervision = SelfSupervision(alike, self.generator, self.device_generator)
        self.learning = LabelLearning(alike, n_classes, self.generator, self.device_generator)
        self.components = principal_components(described(alike), config.principal_components)
        self.start = starting_positions(self.components, config.latent_dim, self.device_generator)
        self.particles: Particles | None = None
        self.motion = Motion()
        self.first_graph = GraphBuilding(self.components, config.neighbours)
        self.new_graph: GraphRefresh | None = None
        self.graph_due = False
        self.gestures_since_graph = 0
        self.features_in_graph = False
        self.encoder_steps_due = 0
        self.pinned = torch.empty(0, dtype=torch.int64)
        self.pins = torch.empty(0, config.latent_dim, device=self.device)

    # What there is to show -------------------------------------------------------------------------------------------

    @property
    def latent_mean(self) -> torch.Tensor:
        """The particles, as far as the encoder carries their spread; while the first graph is built, where they will start."""
        return (
            self.start if self.particles is None else self.particles.latent_mean * self.contraction
        )

    @property
    def contraction(self) -> torch.Tensor:
        """(D,), below 1 where the VAE has collapsed: the particles alone would not show it, since their unit is their own spread."""
        if self.particles is None or self.epoch < 1 or self.config.weights.beta_encoder == 0:
            return torch.ones(self.config.latent_dim, device=self.device)
        return self.vae_training.carried_spread

    @property
    def epoch(self) -> float:
        return self.vae_training.epoch

    @property
    def kl_per_dimension(self) -> npt.NDArray[np.float32]:
        return self.vae_training.kl

    @property
    def phase(self) -> Phase:
        if self.particles is None or (not self.features_learned and self.motion.laying_out):
            return "layout"
        if self.learning.at_work:
            return "interactive"
        if not self._first_training_done:
            return "features"
        return "resting" if self.resting else "interactive"

    @property
    def progress(self) -> float:
        """Of the first training: a fifth the layout, two fifths the features, two fifths the encoder."""
        if self.particles is None:
            return 0.05 * self.first_graph.progress
        layout = self.motion.done if self.motion.laying_out else 1.0
        features = min(1.0, self.self_supervision.steps_done / max(1, self.config.feature_steps))
        features = features if self.features_to_learn else 1.0
        encoder = min(1.0, self.epoch / max(1, self._encoder_epochs))
        return min(1.0, 0.05 + 0.15 * layout + 0.4 * features + 0.4 * encoder)

    @property
    def predictions(self) -> ItemPredictions[torch.Tensor]:
        return self.learning.known.newest

    # What is due -----------------------------------------------------------------------------------------------------

    @property
    def features_to_learn(self) -> bool:
        """Vectors are features themselves: what noise on them teaches makes the neighbours worse (docs/model.md)."""
        return self.alike.kind == "image"

    @property
    def features_learned(self) -> bool:
        return (
            not self.features_to_learn
            or self.self_supervision.steps_done >= self.config.feature_steps
        )

    @property
    def _encoder_epochs(self) -> int:
        if self.epoch_target is not None:
            return self.epoch_target
        return self.vae_training.epochs_for(self.config.encoder_epochs)

    @property
    def _first_training_done(self) -> bool:
        return self.features_in_graph and self.epoch >= self._encoder_epochs

    @property
    def resting(self) -> bool:
        unfinished = self.graph_due or self.new_graph is not None or self.encoder_steps_due > 0
        working = self.motion.due or self.learning.at_work or unfinished
        return self._first_training_done and not working

    @property
    def _follows_motion(self) -> bool:
        """After a gesture the encoder follows the particles, every other turn; a bake's epochs are counted and no more."""
        return self.epoch_target is None and self.motion.due > 0 and self.step % 2 == 1

    # Commands --------------------------------------------------------------------------------------------------------

    def labels_changed(self) -> None:
        if bool((self.labels != UNLABELED).any()):
            self.learning.labels_given(
                self.self_supervision.network, self.config.classifier_steps_per_gesture
            )
        self.gestures_since_graph += 1
        if self.particles is not None:
            # What was seen when the labels were given is where unlabelled items are held.
            self.particles.target = self.particles.position.clone()
            self._update_stiffness()
            self._update_agreement()
            self._plan_gesture()

    def set_class_count(self, n_classes: int) -> None:
        if n_classes == self.n_classes:
            return
        self.n_classes = n_classes
        self.vae_training.set_class_count(n_classes)
        self.learning.set_class_count(n_classes)

    def configure(self, config: TrainingConfig) -> None:
        old, self.config = self.config, config
        self.vae_training.configure(config)
        if self.particles is None:
            if config.latent_dim != old.latent_dim:
                self.start = starting_positions(
                    self.components, config.latent_dim, self.device_generator
                )
                self._forget_pins()
            return
        if config.latent_dim != old.latent_dim:
            self._change_dimension(config.latent_dim)
        if config.stiffness != old.stiffness:
            self._update_stiffness()
        if config.weights != old.weights or config.stiffness != old.stiffness:
            self._update_agreement()
            self.motion.plan(NEW_GRAPH_ROUNDS, INTERACTIVE_STEP)
        if config.weights != old.weights or config.hidden_layers != old.hidden_layers:
            self.encoder_steps_due = REWEIGHTED_EPOCHS * self.vae_training.epochs.batches_per_epoch

    def take_over(self, other: Loop) -> None:
        self.vae_training.take_over(other.vae_training)
        self.start = other.latent_mean.clone()

    @property
    def decodable_mean(self) -> torch.Tensor:
        return self.start if self.particles is None else self.particles.latent_mean

    def forces(self, items: torch.Tensor | None, *, reconstruction: bool) -> Forces:
        chosen = torch.arange(len(self.dataset)) if items is None else items
        mean = self.decodable_mean[chosen.to(self.device)]
        forces = vae_forces(
            self.vae_training, mean, chosen, self.labels, reconstruction=reconstruction
        )
        if self.particles is not None:
            weights = self.config.weights
            forces |= particle_forces(
                self.particles, weights.beta_neighbour, weights.beta_anchor, items
            )
        return forces

    def reshape(self, config: TrainingConfig, n_classes: int) -> None:
        self.config, self.n_classes = config, n_classes
        self.vae_training.reshape(config, n_classes)
        self.learning.reshape(n_classes)

    def set_anchors(self, items: torch.Tensor, targets: torch.Tensor) -> None:
        """Pin items (K,) at targets (K, D) in latent units; an empty list takes all pins away."""
        self.pinned, self.pins = items, targets
        if self.particles is not None:
            let_go = self.particles.pinned
            self.particles.target[let_go] = self.particles.position[let_go]
            self._pin()
            self._plan_gesture()

    def _pin(self) -> None:
        assert self.particles is not None
        self.particles.pin(self.pinned.to(self.device), self.pins)
        self._update_stiffness()

    def _forget_pins(self) -> None:
        self.pinned = self.pinned[:0]
        self.pins = torch.empty(0, self.config.latent_dim, device=self.device)

    def _change_dimension(self, latent_dim: int) -> None:
        """3D to 2D: the principal plane; 2D to 3D: the third principal component is the height, since
        islands rise or sink as wholes by it; noise does not lift them. The motion goes on from there.
        """
        assert self.particles is not None
        z = self.particles.position
        if latent_dim < z.shape[1]:
            moved = principal_components(z, latent_dim)
        else:
            height = starting_positions(self.components, latent_dim, self.device_generator)[:, -1:]
            moved = torch.cat(
                [z - z.mean(dim=0), height * z.std() / height.std(correction=0).clamp_min(1e-8)],
                dim=1,
            )
        scale = self.particles.scale
        self.particles = Particles(moved, self.particles.graph, self.device_generator)
        self.particles.position = moved
        self.particles.target = moved.clone()
        self.particles.scale = scale
        self._forget_pins()
        self._update_stiffness()
        self._update_agreement()
        self.motion.plan(2 * NEW_GRAPH_ROUNDS, NEW_GRAPH_STEP)

    def _plan_gesture(self) -> None:
        self.motion.plan(SETTLING * self.config.rounds_per_gesture, INTERACTIVE_STEP)

    def _update_stiffness(self) -> None:
        assert self.particles is not None
        labelled = self.labels != UNLABELED
        # Before the first label nobody has a mental map to keep: the layout is free.
        stiffness = self.config.stiffness * STIFFNESS_SCALE * (~labelled & labelled.any())
        stiffness[self.pinned] = PIN_STIFFNESS
        self.particles.stiffness = stiffness.to(self.device, torch.float32)

    def _update_agreement(self) -> None:
        """Make the edges say what is believed now: labels at once, predictions as of the last sweep."""
        assert self.particles is not None
        seen = len(self.labels[self.labels != UNLABELED].unique())
        believed = self.learning.known.believed(self.labels) if seen else None
        sharpness = self.config.weights.beta_classifier / LossWeights.beta_classifier
        self.particles.set_agreement(believed, seen / self.n_classes, sharpness)

    # Work ------------------------------------------------------------------------------------------------------------

    def turn(self) -> bool:
        if self.particles is None:
            return self._build_first_graph()
        moved = self._round()
        if self.learning.steps_due > 0:
            self._classifier_step()
        elif self.learning.known.sweeping:
            self._predict()
        elif self.motion.laying_out:
            pass  # the first layout goes ahead alone: 2 ms a round, and it is what everybody waits for
        elif not self.features_learned:
            self.losses["self_supervision"] = self.self_supervision.step()
            if self.features_learned:
                self.graph_due = True
                self.learning.features_learned(self.self_supervision.network)
        elif self.new_graph is not None:
            self._build_new_graph()
        elif self.graph_due:
            self._start_new_graph()
        elif self.epoch < self._encoder_epochs or self.encoder_steps_due or self._follows_motion:
            self._encoder_step()
            # The shown spread may follow the encoder's.
            moved = moved or self.encoder_steps_due > 0
            self.encoder_steps_due = max(0, self.encoder_steps_due - 1)
        self.step += 1
        return moved

    def _build_first_graph(self) -> bool:
        graph = self.first_graph.unit()
        if graph is None:
            return False
        self.particles = Particles(self.start, graph, self.device_generator)
        self.features_in_graph = not self.features_to_learn
        self.motion.plan(self.config.layout_rounds, LAYOUT_STEP)
        self._pin()
        self._update_agreement()
        return True

    def _round(self) -> bool:
        assert self.particles is not None
        step = self.motion.next_step()
        if step is None:
            if self.features_learned:
                return False
            step = DRIFT_STEP
        self.particles.round(
            step, self.config.weights.beta_neighbour, self.config.weights.beta_anchor
        )
        if self.step % LOSS_INTERVAL == 0:
            self.losses.update(self.particles.losses())
        return True

    def _classifier_step(self) -> None:
        loss = self.learning.step(
            self.labels, self.trained_labels, self.label_weights, self.verified, self.priority
        )
        if loss is not None:
            self.losses["wide_classification"] = loss

    def _predict(self) -> None:
        news, complete = self.learning.predict(
            Taught(self.labels, self.trained_labels, self.verified, self._graph)
        )
        if complete:
            self.measure_accuracy(self.predictions.prediction)
        if news:
            self._update_agreement()
        if not complete:
            return
        self._plan_gesture()
        if self.gestures_since_graph >= self.config.gestures_per_graph and self.features_in_graph:
            self.gestures_since_graph = 0
            self.graph_due = True

    @property
    def _graph(self) -> Graph | None:
        return None if self.particles is None else self.particles.graph

    def _start_new_graph(self) -> None:
        self.graph_due = False
        self.new_graph = self._graph_refresh(with_classifier=self.learning.known.known)

    def _graph_refresh(self, *, with_classifier: bool) -> GraphRefresh:
        learned = self.learning.known.features if with_classifier else None
        network = self.self_supervision.network if self.features_to_learn else None
        features = GraphFeatures(self.alike, network, self.components, learned)
        return GraphRefresh(features, self.config.neighbours)

    def _build_new_graph(self) -> None:
        assert self.new_graph is not None and self.particles is not None
        graph = self.new_graph.unit()
        if graph is None:
            return
        self.new_graph = None
        self.features_in_graph = True
        self.particles.set_graph(graph)
        self._update_agreement()
        self.motion.plan(NEW_GRAPH_ROUNDS, NEW_GRAPH_STEP)

    def _encoder_step(self) -> None:
        assert self.particles is not None
        first = self.epoch < self._encoder_epochs
        rate = self.config.learning_rate if first else self.config.interactive_learning_rate
        terms = self.vae_training.step(
            self.trained_labels, targets=self.particles.latent_mean, learning_rate=rate
        )
        self.losses.update(terms)

    # Checkpoints -----------------------------------------------------------------------------------------------------

    def tensors(self) -> Tensors:
        tensors = {
            **self.base_tensors(),
            **self.vae_training.tensors(),
            **self.self_supervision.tensors(unfinished=not self.features_learned),
            **self.learning.tensors(),
        }
        if len(self.pinned):
            tensors |= {"pinned_items": self.pinned, "pins": self.pins}
        if self.particles is None:
            tensors |= {"start": self.start, **self.first_graph.tensors()}
        else:
            tensors |= self.particles.tensors()
        if self.new_graph is not None:
            tensors |= self.new_graph.tensors()
        return tensors

    def counters(self) -> dict[str, Any]:
        return {
            **self.base_counters(),
            **self.vae_training.counters(),
            **self.self_supervision.counters(),
            **self.learning.counters(),
            **self.motion.counters(),
            "graph_due": self.graph_due,
            "gestures_since_graph": self.gestures_since_graph,
            "features_in_graph": self.features_in_graph,
            "encoder_steps_due": self.encoder_steps_due,
            "building_graph": self.new_graph is not None,
            "graph_uses_classifier": self.new_graph is not None and self.new_graph.uses_classifier,
            "scale": self.particles.scale if self.particles is not None else 1.0,
        }

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        self.load_base(tensors, counters)
        self.vae_training.load(tensors, counters)
        self.self_supervision.load(tensors, counters)
        self.learning.load(tensors, counters)
        self.motion.load(counters)
        self._forget_pins()
        if "pinned_items" in tensors:
            self.pinned, self.pins = (
                tensors["pinned_items"].clone(),
                tensors["pins"].clone().to(self.device),
            )
        if "position" in tensors:
            self.particles = Particles.load(
                tensors, counters["scale"], self.device, self.device_generator
            )
            self.particles.pin(self.pinned.to(self.device), self.pins)
        else:
            self._load_beginning(tensors)
        self.new_graph = None
        if counters.get("building_graph"):
            self.new_graph = self._graph_refresh(with_classifier=counters["graph_uses_classifier"])
            self.new_graph.load(tensors)
        self.graph_due = counters["graph_due"]
        self.gestures_since_graph = counters["gestures_since_graph"]
        self.features_in_graph = counters["features_in_graph"]
        self.encoder_steps_due = counters.get("encoder_steps_due", 0)
        # Making the networks above drew random numbers; the saved states are what goes on.
        self.load_base(tensors, counters)

    def _load_beginning(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """A state from before the first graph was there."""
        self.particles = None
        self.first_graph = GraphBuilding(self.components, self.config.neighbours)
        if "start" in tensors:
            self.start = tensors["start"].clone().to(self.device)
            self.first_graph.load(tensors)
