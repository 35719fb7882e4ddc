"""Paints a dog: body, ruff, ears, head, beard and face, each lit and furred on its own."""

import numpy as np

from services.icon.artwork.curves import half, through
from services.icon.artwork.heads import HEADS
from services.icon.painting import anatomy, coat, features, markings
from services.icon.painting.anatomy import Pose
from services.icon.painting.easel import Easel, mixed, ragged
from services.icon.painting.fields import Field, blurred, f32, inflated, lit
from services.icon.painting.subject import Subject
from shared.geometry import Box
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern

_SHOULDERS = ((0, 290), (88, 330), (118, 392), (160, 452), (206, 540), (228, 680), (236, 1100), (0, 1100))


# A head box is square and holds the face as head detectors draw it: (side, lift) as shares of the
# height from crown to chin.
_BOXES = {HeadShape.ROUND: (1.0, -0.04), HeadShape.FLAT: (1.28, 0.0), HeadShape.LONG: (0.88, 0.05)}


class Painter:
    """Paints one dog over a picture, from back to front."""

    def __init__(self, subject: Subject, easel: Easel) -> None:
        self.subject, self.easel = subject, easel
        self.rng, self.pose, self.light, self.picture = easel.rng, easel.pose, easel.light, easel.picture
        rng, pose = self.rng, self.pose
        self.body = anatomy.anatomy(subject.head)
        self.shape = (pose.height, pose.width)
        self.primary = coat.dyed(rng, subject.primary, self.shape, pose.scale)
        self.secondary = coat.dyed(rng, subject.secondary, self.shape, pose.scale)
        self.x, self.y = pose.grid()

    def paint(self) -> Box:
        """Paint the dog and return the box of its head: from crown to chin, ears left out."""
        subject, rng = self.subject, self.rng
        self._trunk()
        if subject.fur is not Fur.SHORT:
            self._ruff()
        if subject.ear is Ear.UP:
            self._ears()
        self._head()
        if subject.ear is Ear.DOWN:
            self._ears()
        if subject.beard:
            self._beard()
        dark = subject.primary is Colour.BLACK
        muzzle_dark = dark and subject.pattern not in (Pattern.MUZZLE, Pattern.BLAZE, Pattern.POINTS)
        features.eyes(rng, self.picture, self.body, self.pose, dark)
        panting = float(rng.uniform(34, 58)) if rng.random() < 0.4 and not subject.beard else 0.0
        features.mouth(self.picture, self.body, self.pose, panting, muzzle_dark)
        features.nose(
            rng,
            self.picture,
            self.body,
            self.pose,
            liver=subject.primary is Colour.BROWN and rng.random() < 0.5,
        )
        if subject.beard:
            self._moustache()
        return self._box()

    def _trunk(self) -> None:
        pose = self.pose
        upright = Pose(pose.width, pose.height, pose.x, pose.y, pose.scale, pose.yaw * 0.3, pose.roll * 0.25)
        mask = upright.mask(half(_SHOULDERS).both_halves().sampled(), -120)
        albedo = self.primary
        chest = markings.chest(self.rng, self.subject, upright, self.shape)
        if chest is not None:
            albedo = mixed(self.primary, self.secondary, chest)
        toward = self.easel.toward((self.x - 256) * 0.004, np.ones_like(self.x))
        height = inflated(mask, 90 * pose.scale)
        for side in (-1, 1):
            shoulder = upright.disc(256 + side * 104, 560, 70, 130, -80)
            leg = upright.disc(256 + side * 62, 780, 46, 250, -60)
            height += (
                blurred(shoulder, 22 * pose.scale) * 26 * pose.scale
                + blurred(leg, 12 * pose.scale) * 24 * pose.scale
            )
        self.easel.lay(mask, toward, albedo * 0.92, height, self.subject.fur, shadow=0.25)
        if self.subject.fur is Fur.SHORT and self.rng.random() < 0.45:
            self._collar(upright, mask)

    def _collar(self, upright: Pose, trunk: Field) -> None:
        chin = self.body.chin_y
        upper = through([(256 - 135, chin - 12), (256, chin + 26), (256 + 135, chin - 12)]).sampled()
        lower = through([(256 + 145, chin + 8), (256, chin + 50), (256 - 145, chin + 8)]).sampled()
        band = upright.mask(np.vstack([upper, lower]), -60)
        colour = np.array(
            [(0.6, 0.1, 0.1), (0.1, 0.2, 0.5), (0.1, 0.1, 0.1), (0.2, 0.45, 0.25)][self.rng.integers(4)]
        )
        shade = lit(inflated(band, 6 * upright.scale), self.light.direction)
        features.over(
            self.picture,
            (colour * (0.5 + 0.7 * shade[..., None])).astype(np.float32),
            blurred(band * trunk, 1),
        )

    def _ruff(self) -> None:
        head = HEADS[self.subject.head]
        points = head.ruff if self.subject.fur is Fur.LONG else head.puff
        narrow = 0.86
        mask = self.pose.mask(half([(x * narrow, y) for x, y in points]).both_halves().sampled(), -40)
        toward = self.easel.toward((self.x - 256) * 0.8, (self.y - 250) + 60)
        albedo = self.primary
        spots = markings.on_body(self.rng, self.subject, self.pose, self.shape)
        if spots is not None:
            albedo = mixed(self.primary, self.secondary, spots)
        self.easel.lay(
            mask, toward, albedo * 0.95, inflated(mask, 60 * self.pose.scale), self.subject.fur, fringe=1.3
        )

    def _ears(self) -> None:
        subject, pose = self.subject, self.pose
        whole, inside = anatomy.ear(subject.head, subject.ear)
        own = self.secondary if subject.pattern is Pattern.EAR_PATCH else self.primary
        own = mixed(own, self.secondary, markings.on_ears(self.rng, subject, pose, self.shape))
        depth = -30.0 if subject.ear is Ear.UP else -10.0
        for side in (1, -1):
            outline = whole if side > 0 else anatomy.mirrored(whole)
            mask = pose.mask(outline, depth)
            if subject.ear is Ear.UP:
                root_x, root_y = 256 + side * 80, 230.0
                toward = self.easel.toward(self.x - root_x, self.y - root_y)
                height = inflated(mask, 16 * pose.scale)
                self.easel.lay(mask, toward, own, height, subject.fur, fringe=0.6, shadow=0.2)
                hollow = pose.mask(inside if side > 0 else anatomy.mirrored(inside), depth)
                skin = own * 0.55 + np.array([0.30, 0.19, 0.17], np.float32) * min(
                    1.0, float(own.mean()) * 2 + 0.25
                )
                features.over(
                    self.picture,
                    (skin * 0.62 * self.light.fill * 1.6).astype(np.float32),
                    blurred(hollow, 4 * pose.scale),
                    0.75,
                )
                tufts = np.clip(coat.strokes(self.rng, toward, Fur.LONG, pose.scale) - 0.4, 0, 2) * 0.4
                features.over(
                    self.picture,
                    own,
                    np.clip(tufts * blurred(hollow, 6 * pose.scale), 0, 1).astype(np.float32),
                )
            else:
                toward = self.easel.toward(np.full_like(self.x, side * 0.16), np.ones_like(self.x))
                self.easel.lay(
                    mask,
                    toward,
                    own * 0.93,
                    inflated(mask, 30 * pose.scale),
                    subject.fur,
                    fringe=0.7,
                    shadow=0.5,
                )

    def _head(self) -> None:
        subject, pose, body = self.subject, self.pose, self.body
        mask = pose.mask(anatomy.skull(subject.head))
        muzzle = pose.mask(anatomy.muzzle(subject.head), body.reach * 0.55)
        height = inflated(mask, (105 if subject.fur is Fur.SHORT else 72) * pose.scale)
        snout = blurred(inflated(muzzle, body.reach * 0.75 * pose.scale), 4 * pose.scale)
        bridge = pose.mask(
            np.array(
                [
                    (238, body.eye_y - 20),
                    (274, body.eye_y - 20),
                    (288, body.nose_y + 6),
                    (224, body.nose_y + 6),
                ]
            ),
            body.reach * 0.5,
        )
        height = height + snout + blurred(bridge, 8 * pose.scale) * body.reach * 0.22 * pose.scale
        for side in (-1, 1):
            x = 256 + side * body.eye_dx
            height -= blurred(pose.disc(x, body.eye_y, 26, 20, 40), 7 * pose.scale) * 11 * pose.scale
            height += blurred(pose.disc(x, body.eye_y - 30, 30, 13, 40), 8 * pose.scale) * 8 * pose.scale
            height += (
                blurred(pose.disc(256 + side * 78, body.mouth_y - 26, 44, 40, 20), 14 * pose.scale)
                * 8
                * pose.scale
            )
        height -= blurred(pose.disc(256, body.eye_y - 30, 7, 52, 40), 6 * pose.scale) * 6 * pose.scale
        u, v = self.x - 256, self.y - (body.nose_y - 4)
        toward = self.easel.toward(u + 1e-3, f32(v + 0.25 * np.abs(u) + np.where(v > 0, 26, 0)))
        painted = markings.on_head(self.rng, subject, pose, self.shape, body)
        albedo = mixed(self.primary, self.secondary, ragged(self.rng, painted, toward, pose.scale))
        soft = subject.fur is not Fur.SHORT
        self.easel.lay(
            mask, toward, albedo, f32(height), subject.fur, fringe=0.7, shadow=0.22 if soft else 0.5
        )

    def _beard(self) -> None:
        head, body, pose = self.body.head, self.body, self.pose
        wide, top, low = head.beard_dx * 0.78, body.nose_y - 4, body.chin_y + 40
        points = (
            (6, top),
            (wide * 0.6, top + 10),
            (wide, top + 44),
            (wide * 0.96, low - 40),
            (wide * 0.6, low - 8),
            (0, low),
        )
        mask = pose.mask(half(points).both_halves().sampled(), body.reach * 0.5)
        toward = self.easel.toward((self.x - 256) * 0.012, np.ones_like(self.x))
        albedo = self._muzzle_coat() * 1.12
        height = inflated(mask, 34 * pose.scale)
        self.easel.lay(mask, toward, np.clip(albedo, 0, 1), height, Fur.LONG, fringe=1.0, shadow=0.4)

    def _moustache(self) -> None:
        """Hair that hangs over the lips, and the brows."""
        body, pose = self.body, self.pose
        albedo = np.clip(self._muzzle_coat() * 1.16, 0, 1)
        for side in (-1, 1):
            y = body.nose_y + body.nose_h * 0.6
            points = [
                (256 + side * 5, y),
                (256 + side * 40, y + 4),
                (256 + side * 66, y + 44),
                (256 + side * 34, y + 52),
                (256 + side * 6, y + 30),
            ]
            mask = pose.mask(np.asarray(through(points, closed=True).sampled()), body.reach * 0.7)
            toward = self.easel.toward(np.full_like(self.x, side * 0.55), np.ones_like(self.x))
            self.easel.lay(
                mask, toward, albedo, inflated(mask, 18 * pose.scale), Fur.LONG, fringe=0.6, shadow=0.3
            )
            x, y = 256 + side * body.eye_dx, body.eye_y - body.eye_r * 1.5
            brow = [
                (x - side * 16, y + 4),
                (x, y - 10),
                (x + side * 24, y - 4),
                (x + side * 14, y + 5),
                (x, y + 6),
            ]
            mask = pose.mask(np.asarray(through(brow, closed=True).sampled()), 45)
            toward = self.easel.toward(np.full_like(self.x, side * 0.9), np.full_like(self.x, 0.55))
            self.easel.lay(
                mask, toward, albedo, inflated(mask, 8 * pose.scale), Fur.LONG, fringe=0.35, shadow=0.3
            )

    def _muzzle_coat(self) -> Field:
        taken = self.subject.pattern in (Pattern.MUZZLE, Pattern.BLAZE, Pattern.POINTS)
        return self.secondary if taken else self.primary

    def _box(self) -> Box:
        body, pose = self.body, self.pose
        top, foot = body.head.outline[0][1] + 6, body.chin_y
        size, lift = _BOXES[self.subject.head]
        half_side = (foot - top) / 2 * size
        x, y = pose.spot(256, (top + foot) / 2 - lift * (foot - top), body.reach * 0.3)
        side = half_side * pose.scale
        edges = (
            (x - side) / pose.width,
            (y - side) / pose.height,
            (x + side) / pose.width,
            (y + side) / pose.height,
        )
        return Box(*(min(max(edge, 0.0), 1.0) for edge in edges))
